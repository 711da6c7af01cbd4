"""How many alarms a request allows, of how many rows, and which share of rows it takes to be unusual."""

import re
from dataclasses import dataclass

HOURS = {"hour": 1.0, "shift": 8.0, "day": 24.0, "week": 168.0, "month": 730.5}
NUMBER = r"(?P<n>\d{1,3}(?:[,.]\d{3})+|\d+)(?P<k>\s?k\b|\s+thousand\b|\s?m\b|\s+million\b)?"
UNIT = r"\s*(?:/|\bper\b|\ba\b|\ban\b|\beach\b|\bevery\b)\s*(?P<unit>hour|shift|day|week|month)\b"
EACH = rf"(?:{UNIT}|\s+(?P<ly>hourly|daily|weekly|monthly)\b)"
ALARM = r"(?:false\s+)?(?:alarms?|alerts?|warnings?|flags?|cases|hits|findings|notifications?)"
MOST = re.compile(rf"(?<![\d.,]){NUMBER}\s+(?:\w+\s+)?{ALARM}{EACH}", re.IGNORECASE)
ROWS = re.compile(
    rf"(?<![\d.,]){NUMBER}\s+(?!(?:\w+\s+)?{ALARM}\b)[^\W\d]+(?:\s+[^\W\d]+)?{EACH}",
    re.IGNORECASE,
)
SHARE = re.compile(
    r"(?<![\d.])(?P<n>\d+(?:\.\d+)?)\s?(?:%|percent|per cent)\s+(?:of\s+(?:the\s+|our\s+|all\s+)?\w+\s+)?"
    r"(?:are|is|being|to be)\s+"
    r"(?:anomal\w+|odd|unusual|outliers?|suspicious|fraud\w*|abnormal|bad|faulty)"
    r"|\bcontamination\s*(?:rate\s*)?(?:of|is|=|:)?\s*(?P<c>0?\.\d+|\d+(?:\.\d+)?\s?%)",
    re.IGNORECASE,
)
LY = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
FACTORS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}
Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A number of things in a time."""

    count: float
    unit: str
    span: Span
    """Where the request says it."""

    def within(self, unit: str) -> float:
        """Return how many there are in another time.

        >>> Rate(count=24, unit="day", span=(0, 0)).within("hour")
        1.0
        """
        return self.count * HOURS[unit] / HOURS[self.unit]


def most(raw: str) -> Rate | None:
    """Return how many alarms a request allows in which time.

    >>> found = most("at most 20 alarms a day"), most("no more than 5 false alerts per week"), most("20 rows a day")
    >>> [(one.count, one.unit) for one in found if one]
    [(20.0, 'day'), (5.0, 'week')]
    """
    return _rate(MOST.search(raw))


def volume(raw: str) -> Rate | None:
    """Return how many rows there are in which time.

    >>> found = volume("we see 5,000 transactions a day, 20 alarms a day"), volume("120k payments per hour")
    >>> [(one.count, one.unit) for one in found if one]
    [(5000.0, 'day'), (120000.0, 'hour')]
    """
    return _rate(ROWS.search(raw))


def share(raw: str) -> tuple[float, Span] | None:
    """Return the share of rows that is unusual, as a request says it.

    >>> [found[0] for one in ("about 2% are outliers", "contamination 0.05", "2% faster") if (found := share(one))]
    [0.02, 0.05]
    """
    match = SHARE.search(raw)
    if match is None:
        return None
    told = match["n"] or match["c"]
    part = match["n"] is not None or told.endswith("%")
    value = float(told.rstrip("% ")) / (100 if part else 1)
    return (round(value, 8), match.span()) if 0 < value <= 0.5 else None


def _rate(match: "re.Match[str] | None") -> Rate | None:
    if match is None:
        return None
    count = float(re.sub(r"[,.]", "", match["n"])) * FACTORS.get((match["k"] or "").strip().lower(), 1.0)
    unit = (match["unit"] or LY[match["ly"].lower()]).lower()
    return Rate(count=count, unit=unit, span=match.span()) if count > 0 else None
