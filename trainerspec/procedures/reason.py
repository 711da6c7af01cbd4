"""Fill the values into the reasons that SOPs give."""

import re
from collections.abc import Iterator, Mapping

from trainerspec.ir.json import Json
from trainerspec.language.expression import UNITS

PLACEHOLDER = re.compile(r"\{([\w.-]+)(?::([\w%/]+))?\}")
"""`{name}`, or `{name:ms}` for a value in a unit."""


def render(text: str, env: Mapping[str, Json]) -> str:
    """Replace each placeholder with its value; what is not known becomes `unknown`.

    >>> render("{facts.rows} rows within {objective.train.time:min}", {"facts.rows": 9158, "objective.train.time": 600})
    '9,158 rows within 10 min'
    """
    return PLACEHOLDER.sub(lambda found: _show(env.get(found[1]), found[2] or ""), text)


def names(text: str) -> Iterator[str]:
    """Return the names in the placeholders of a reason."""
    yield from (found[1] for found in PLACEHOLDER.finditer(text))


def _show(value: Json, unit: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} ({one})" for key, one in value.items())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
    if unit:
        value = value / float(UNITS[unit][1])
    rounded = round(value) if abs(value) >= 100 or value == round(value) else float(f"{value:.3g}")
    return f"{rounded:,} {unit}".strip().replace(" %", "%")
