"""Dates and times as people write them; a column has one order of day, month and year, or says that it is not sure."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

import polars as pl

from .numerals import missing

Order = Literal["ymd", "dmy", "mdy"]
LANGUAGES = (
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"),
    ("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"),
    ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
)
"""How months begin in English, German, French, Spanish and Italian."""
MONTHS = {name: at + 1 for names in LANGUAGES for at, name in enumerate(names)}
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
MIDNIGHT = time()
TIME = (
    r"(?:[T ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>[.,]\d{1,9})?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
NUMBERED = re.compile(rf"(?P<a>\d{{1,4}})(?P<mark>[./\-])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{1,4}})\.?{TIME}")
CHINESE = re.compile(r"(?P<a>\d{4})\s*[年년]\s*(?P<b>\d{1,2})\s*[月월]\s*(?P<c>\d{1,2})\s*[日일]")
PACKED = re.compile(r"(?P<a>(?:19|20)\d\d)(?P<b>[01]\d)(?P<c>[0-3]\d)")
DAY = r"(?P<d>\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s\-]*(?:de\s+)?"
MONTH = r"(?P<m>[^\d\W]{3,10})\.?,?[\s\-]*(?:de\s+)?"
NAMED = re.compile(
    rf"(?:[^\d\W]+,?\s+)?(?:{DAY}{MONTH}(?P<y>\d{{4}}|\d{{2}}){TIME}"
    r"|(?P<m2>[^\d\W]{3,10})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{4}))"
)
MONTHLY = re.compile(r"(?P<a>(?:19|20)\d\d)[-/](?P<b>\d{1,2})")
EPOCH = {"s": (631_152_000, 4_102_444_800), "ms": (631_152_000_000, 4_102_444_800_000)}
"""Seconds and milliseconds since 1970 from 1990 to 2100: what numbers may be times."""
CALLED = re.compile(
    r"(?:^|[^a-z])(?:time|date|ts|timestamp|epoch|unix|datum|zeit|fecha|at|when|created|updated)(?:$|[^a-z])",
    re.IGNORECASE,
)
SHARE = 0.8
PIVOT = 70
"""Two digits below are of this century."""


@dataclass(frozen=True, kw_only=True)
class DateForm:
    """How the dates of a column are written."""

    order: Order | Literal["epoch_s", "epoch_ms"]
    iso: bool = False
    """Whether all of them are ISO 8601."""
    words: tuple[str, ...] = ()
    """Values that are no dates: they count as missing."""
    ambiguous: bool = False
    """Whether day and month could as well change places."""
    several: bool = False
    """Whether the dates are written in more than one way."""
    timed: bool = False
    """Whether some tell the time of the day."""

    def moment(self, text: str) -> datetime | None:
        """Return the moment that a text stands for, in UTC where it names a zone; None for a word; raises ValueError.

        >>> DateForm(order="dmy").moment("31.12.2023"), DateForm(order="mdy").moment("3/16/23")
        (datetime.datetime(2023, 12, 31, 0, 0), datetime.datetime(2023, 3, 16, 0, 0))
        >>> DateForm(order="ymd").moment("2023-1-5 7:30 PM"), DateForm(order="dmy").moment("5. März 2024")
        (datetime.datetime(2023, 1, 5, 19, 30), datetime.datetime(2024, 3, 5, 0, 0))
        """
        stripped = text.strip()
        if stripped in self.words:
            return None
        if self.order in ("epoch_s", "epoch_ms"):
            seconds = float(stripped) / (1000 if self.order == "epoch_ms" else 1)
            return datetime.fromisoformat("1970-01-01") + _seconds(seconds)
        found = read(stripped)
        if not found:
            raise ValueError(f"`{text}` is no date")
        if self.order in found:
            return found[self.order]
        if len(found) == 1:
            return next(iter(found.values()))
        raise ValueError(f"`{text}` is no date of the order {self.order}")


def _seconds(seconds: float) -> timedelta:
    return timedelta(microseconds=round(seconds * 1e6))


def read(text: str) -> dict[Order, datetime]:
    """Return each order in which a text is a date, with its moment; none when it is no date.

    >>> sorted(read("03/04/2023")), sorted(read("03/16/2023")), sorted(read("2023-01-05")), read("12.5")
    (['dmy', 'mdy'], ['mdy'], ['ymd'], {})
    """
    found = NUMBERED.fullmatch(text)
    if found:
        a, b, c = found["a"], found["b"], found["c"]
        ways: list[tuple[Order, str, str, str]] = []
        if len(a) == 4 and len(c) <= 2:
            ways = [("ymd", a, b, c)]
        elif len(c) in (2, 4) and len(a) <= 2:
            ways = [("dmy", c, b, a)] if found["mark"] == "." else [("dmy", c, b, a), ("mdy", c, a, b)]
        found_in = {order: _moment(year, month, day, found) for order, year, month, day in ways}
        return {order: moment for order, moment in found_in.items() if moment is not None}
    for pattern in (CHINESE, PACKED):
        if found := pattern.fullmatch(text):
            moment = _moment(found["a"], found["b"], found["c"], None)
            return {"ymd": moment} if moment else {}
    if found := MONTHLY.fullmatch(text):
        moment = _moment(found["a"], found["b"], "1", None)
        return {"ymd": moment} if moment else {}
    found = NAMED.fullmatch(text)
    if found:
        day, name, year = (
            (found["d"], found["m"], found["y"]) if found["d"] else (found["d2"], found["m2"], found["y2"])
        )
        month = _month(name)
        moment = _moment(year, str(month), day, found) if month else None
        return {"dmy": moment} if moment else {}
    return {}


def _month(name: str) -> int | None:
    lower = name.lower()
    for size in (5, 4, 3):
        if lower[:size] in MONTHS and (size > 3 or len(lower) >= 3):
            return MONTHS[lower[:size]]
    return None


def _moment(year: str, month: str, day: str, found: re.Match[str] | None) -> datetime | None:
    number = int(year)
    if len(year) <= 2:
        number += 2000 if number < PIVOT else 1900
    hour = minute = second = micro = 0
    offset = timedelta(0)
    if found is not None and found["hour"]:
        hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
        micro = round(float("0." + found["part"][1:]) * 1e6) if found["part"] else 0
        if found["half"]:
            hour = hour % 12 + (12 if found["half"][0].lower() == "p" else 0)
        zone = found["zone"]
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "")
            offset = (1 if zone[0] == "+" else -1) * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return datetime(number, int(month), int(day), hour, minute, second, min(micro, 999_999)) - offset
    except (ValueError, OverflowError):
        return None


def form(values: pl.Series, name: str = "") -> DateForm | None:
    """Tell how a column of texts writes its dates; None where they are no dates.

    Numbers count as seconds or milliseconds since 1970 only where the column's `name` speaks of a time.

    >>> form(pl.Series(["31.12.2023", "01.02.2024"])), form(pl.Series(["03/04/2023", "05/06/2023"])).ambiguous
    (DateForm(order='dmy', iso=False, words=(), ambiguous=False, several=False, timed=False), True)
    >>> form(pl.Series(["1700000000", "1700000500"]), "created_at").order, form(pl.Series(["a", "b"]))
    ('epoch_s', None)
    """
    known = missing(values).drop_nulls()
    if known.is_empty():
        return None
    distinct = known.unique(maintain_order=True)
    if epoch := _epoch(distinct, name):
        return epoch
    if not _worth(distinct):
        return None
    texts = distinct.to_list()
    readings = [read(text) for text in texts]
    words = [text for text, found in zip(texts, readings, strict=True) if not found]
    dates = [found for found in readings if found]
    bad = int(known.is_in(words).sum()) if words else 0
    if not dates or bad > (1 - SHARE) * len(known) or len(words) > max(5, len(dates) // 4):
        return None
    numbered = [found for found in dates if set(found) != {"ymd"}]
    orders = [order for order in ("dmy", "mdy") if all(order in found for found in numbered)]
    several = bool(numbered) and len(numbered) < len(dates)
    order: Order = "ymd" if not numbered else orders[0] if orders else "dmy"  # type: ignore[assignment]
    return DateForm(
        order=order,
        iso=not numbered and all(ISO.fullmatch(text) for text in texts if text not in set(words)),
        words=tuple(sorted(words)),
        ambiguous=bool(numbered) and (len(orders) == 2 or not orders),
        several=several or (bool(numbered) and not orders),
        timed=any(moment.time() != MIDNIGHT for found in dates for moment in found.values()),
    )


def _worth(distinct: pl.Series) -> bool:
    """Tell by a few values whether looking at all of them is worth the time."""
    some = distinct.head(100).to_list()
    return 2 * sum(bool(read(text)) for text in some) >= len(some)


def _epoch(distinct: pl.Series, name: str) -> DateForm | None:
    if not CALLED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)):
        return None
    numbers = distinct.cast(pl.Float64, strict=False)
    if numbers.null_count():
        return None
    for unit, (low, high) in EPOCH.items():
        if bool(numbers.is_between(low, high).all()):
            return DateForm(order="epoch_s" if unit == "s" else "epoch_ms", timed=True)
    return None


def moments(values: pl.Series, form: DateForm) -> pl.Series:
    """Return a column of texts as moments (microseconds, without a zone); what is no date is null.

    >>> moments(pl.Series(["31.12.2023", "?"]), DateForm(order="dmy")).to_list()
    [datetime.datetime(2023, 12, 31, 0, 0), None]
    """
    known = missing(values)
    if form.iso and not form.words:
        quick = known.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
        if quick.null_count() == known.null_count():
            return quick
    table: dict[str, datetime | None] = {}
    for text in known.drop_nulls().unique(maintain_order=True).to_list():
        try:
            table[text] = form.moment(text)
        except (ValueError, OverflowError):
            table[text] = None
    return known.replace_strict(table, return_dtype=pl.Datetime("us"), default=None).alias(values.name)
