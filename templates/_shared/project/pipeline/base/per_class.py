"""Name what is measured of one class: `recall.fraud`, as objectives write it."""

import json
import re

RESERVED = frozenset({"low", "high", "best", "wall"})
"""Last parts of names that a metric's interval has, and what a crowded machine leaves open."""


def of_class(metric: str, label: str) -> str:
    """Return the name of a metric of one class; a label that is no plain word stands in quotes.

    >>> of_class("recall", "fraud"), of_class("recall", "not fraud"), of_class("f1", "low")
    ('recall.fraud', 'recall."not fraud"', 'f1."low"')
    """
    plain = re.fullmatch(r"\w+", label) and label not in RESERVED
    return f"{metric}.{label if plain else json.dumps(label, ensure_ascii=False)}"
