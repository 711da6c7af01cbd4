"""Quantities: numbers with a unit, and their base units."""

import re
from decimal import Decimal
from typing import Literal

Dimension = Literal["number", "ratio", "seconds", "bytes", "per_second"]

UNITS: dict[str, tuple[Dimension, Decimal]] = {
    "%": ("ratio", Decimal("0.01")),
    "us": ("seconds", Decimal("0.000001")),
    "ms": ("seconds", Decimal("0.001")),
    "s": ("seconds", Decimal(1)),
    "min": ("seconds", Decimal(60)),
    "h": ("seconds", Decimal(3600)),
    "d": ("seconds", Decimal(86400)),
    "B": ("bytes", Decimal(1)),
    "kB": ("bytes", Decimal(10**3)),
    "MB": ("bytes", Decimal(10**6)),
    "GB": ("bytes", Decimal(10**9)),
    "TB": ("bytes", Decimal(10**12)),
    "KiB": ("bytes", Decimal(2**10)),
    "MiB": ("bytes", Decimal(2**20)),
    "GiB": ("bytes", Decimal(2**30)),
    "TiB": ("bytes", Decimal(2**40)),
    "/s": ("per_second", Decimal(1)),
    "/min": ("per_second", Decimal(1) / 60),
    "/h": ("per_second", Decimal(1) / 3600),
}
"""Canonical spelling to dimension and factor. kB, MB, GB are powers of 1000 (SI); KiB, MiB, GiB of 1024."""

_SPELLINGS = {"µs": "us", "KB": "kB", "kiB": "KiB"}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(\D*?)\s*")


def dimension(unit: str) -> Dimension:
    """Return what a unit measures; a number without a unit is a `number`."""
    return UNITS[unit][0] if unit else "number"


def split(text: str) -> tuple[str, str]:
    """Split a quantity into its digits and the canonical unit.

    >>> split("20ms")
    ('20', 'ms')

    Raises ValueError when the text is not a number with a known unit or none.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a number with a unit")
    unit = "/" + match[2][1:].strip() if match[2].startswith("/") else match[2]
    unit = _SPELLINGS.get(unit, unit)
    if unit and unit not in UNITS:
        raise ValueError(f"unknown unit `{unit}`")
    return match[1].removeprefix("+"), unit


def base_value(number: str, unit: str) -> float | int:
    """Convert to the base unit exactly, in decimal; whole plain numbers stay integers.

    >>> base_value("20", "ms"), base_value("95", "%"), base_value("3", "")
    (0.02, 0.95, 3)
    """
    if not unit and re.fullmatch(r"[-+]?\d+", number):
        return int(number)
    value = Decimal(number)
    return float(value * UNITS[unit][1]) if unit else float(value)


def quantity(text: str) -> float:
    """Read a quantity in its base unit: ratio, seconds, bytes or 1/s.

    >>> quantity("20 ms"), quantity("80%"), quantity("2 h")
    (0.02, 0.8, 7200.0)

    Raises ValueError when the text is not a number with a known unit or none.
    """
    return float(base_value(*split(text)))
