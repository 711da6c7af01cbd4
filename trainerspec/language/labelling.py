"""What stands under `data.label`: from plain data to what the stages of a project read."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from trainerspec.ir.json import Json, JsonObject
from trainerspec.language import expression

NONE = "none"
ASK, VOTES, TOKENS = 40, 3, 1_000_000
"""What counts where the spec does not say it: rows to ask about, votes a row, tokens of an endpoint."""


def chosen(value: Json) -> JsonObject | None:
    """Return the settings where rows are labelled; None where they are not.

    >>> chosen({"by": ["prototypes"]}), chosen("none")
    ({'by': ['prototypes']}, None)
    """
    return value if isinstance(value, Mapping) else None


def methods(value: Json) -> tuple[str, ...]:
    """Return the methods, in order.

    >>> methods({"by": ["rules", "prototypes"]}), methods("none")
    (('rules', 'prototypes'), ())
    """
    settings = chosen(value)
    return tuple(str(one) for one in cast(Sequence[Json], settings["by"])) if settings else ()


def emitted(value: Json) -> Json:
    """Return `data.label` as params.yaml has it: every key, conditions as SQL, shares as numbers.

    >>> emitted("none")
    'none'
    >>> about = emitted({"by": ["rules"], "rules": [{"label": "a", "where": "n > 5"}], "confidence": "80%"})
    >>> about["rules"], about["confidence"], about["ask"]
    ([{'label': 'a', 'where': '"n" > 5'}], 0.8, 40)
    """
    settings = chosen(value)
    if settings is None:
        return value
    least = settings.get("confidence", "auto")
    rules = cast(Sequence[Mapping[str, Json]], settings.get("rules", ()))
    asked = settings.get("endpoint")
    endpoint: Json = {"base_url": "", "votes": VOTES, "tokens": TOKENS, **asked} if isinstance(asked, Mapping) else {}
    return {
        "by": list(methods(value)),
        "confidence": least if least == "auto" else expression.quantity(str(least)),
        "ask": settings.get("ask", ASK),
        "descriptions": settings.get("descriptions", {}),
        "rules": [_rule(one) for one in rules],
        "endpoint": endpoint,
    }


def _rule(rule: Mapping[str, Json]) -> Json:
    """Return a rule with its condition as SQL, its words as a pattern of whole words."""
    if "where" in rule:
        tree = expression.parse(str(rule["where"])).value
        return {"label": rule["label"], "where": "false" if tree is None else expression.to_sql(tree)}
    words = [str(one) for one in cast(Sequence[Json], rule["words"])]
    return {"label": rule["label"], "words": list(words), "pattern": pattern(words)}


def pattern(words: Sequence[str]) -> str:
    r"""Return a regular expression (RE2 syntax) that finds one of the words as a word of its own, whatever its case.

    >>> pattern(["goal", "C++"])
    '(?i)(?:^|[^\\pL\\pN_])(?:goal|C\\+\\+)(?:$|[^\\pL\\pN_])'
    """
    edge = r"[^\pL\pN_]"
    either = "|".join(r"\s+".join(re.escape(part) for part in word.split()) for word in words)
    return f"(?i)(?:^|{edge})(?:{either})(?:$|{edge})"
