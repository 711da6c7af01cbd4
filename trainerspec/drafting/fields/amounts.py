"""Numbers with their units."""

import re
from dataclasses import dataclass

from trainerspec.drafting.reading.vocabulary import Unit, Vocabulary

SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "millionen": 1e6,
    "millones": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
    "万": 1e4,
    "千": 1e3,
    "lakh": 1e5,
    "lakhs": 1e5,
    "लाख": 1e5,
    "crore": 1e7,
    "करोड़": 1e7,
}
MINUS = re.compile(r"(?:^|[^\n]*[\s(<>=~])(?:-|minus |negative )$|[<>=~]\s*-\s?$")
"""What stands before a number below zero; not before one that ends a range or that a bullet opens."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    number: float
    high: float | None
    """The upper end of a range."""
    unit: Unit
    factor: float
    """What one of the written unit is in base units."""
    symbol: str
    """The unit as objectives write it: `%`, `ms`, `MB`, `/s` or nothing."""
    money: bool
    negative: bool = False


def amount(match: re.Match[str], vocabulary: Vocabulary) -> Amount:
    """Read a number with its unit."""
    unit, factor, symbol = _unit(match, vocabulary)
    written = match["scale"] or ""
    metres = written.lstrip() == "m" and written != "m" and not (match["money"] or match["currency"])
    scale = 1.0 if metres else SCALES.get(written.strip(), 1.0)
    return Amount(
        number=_number(match["low"]) * scale,
        high=_number(match["high"]) * scale if match["high"] else None,
        unit=unit,
        factor=factor,
        symbol=symbol,
        money=bool(match["money"] or match["currency"]),
        negative=bool(MINUS.search(match.string[max(0, match.start() - 10) : match.start()])),
    )


def _unit(match: re.Match[str], vocabulary: Vocabulary) -> tuple[Unit, float, str]:
    if match["rate"]:
        word = re.search(r"(\w+)\W*$", match["rate"])
        per = (word.group(1) if word else "s")[:3]
        if per.startswith(("min",)):
            return "rate", 1 / 60, "/min"
        return ("rate", 1 / 3600, "/h") if per.startswith(("h", "stu")) else ("rate", 1.0, "/s")
    if not match["unit"]:
        return "number", 1.0, ""
    unit, factor = vocabulary.units[match["unit"]]
    symbols = {
        "ratio": {0.01: "%"},
        "time": {1e-6: "us", 1e-3: "ms", 1.0: "s", 60.0: "min", 3600.0: "h", 86400.0: "d"},
        "size": {
            1.0: "B",
            1e3: "KB",
            1024.0: "KiB",
            1e6: "MB",
            1048576.0: "MiB",
            1e9: "GB",
            1073741824.0: "GiB",
            1e12: "TB",
        },
    }
    if unit == "rate":
        return unit, factor, "/s" if factor == 1 else ("/min" if factor > 0.01 else "/h")
    return unit, factor, symbols[unit][factor]


def _number(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[,' ]\d{3})+", text) and not text.startswith("0"):
        return float(re.sub(r"[,' ]", "", text))
    return float(text.replace(",", ".").replace("'", "").replace(" ", ""))
