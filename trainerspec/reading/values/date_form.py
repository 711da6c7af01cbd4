"""A date as a person writes it: the form of a column. Needs the standard library alone: servers read it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

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
WHOLE = tuple(
    names.split()
    for names in (
        "january januar janvier enero gennaio januari janeiro",
        "february februar février febrero febbraio februari fevereiro",
        "march märz mars marzo maart março",
        "april avril abril aprile",
        "may mai mayo maggio mei maio maj",
        "june juni juin junio giugno junho",
        "july juli juillet julio luglio julho",
        "august août agosto augustus augusti",
        "september septembre septiembre settembre setiembre setembro",
        "october oktober octobre octubre ottobre outubro",
        "november novembre noviembre novembro",
        "december dezember décembre diciembre dicembre dezembro",
    )
)
"""Months in full, also in Dutch, Swedish and Portuguese: what stands alone before a year begins one of them."""
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
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
MONTHLY = re.compile(r"(?P<a>(?:19|20)\d\d)[-/](?P<b>\d{1,2})|(?P<b2>\d{1,2})/(?P<a2>(?:19|20)\d\d)")
MONTH_OF = re.compile(r"(?P<m>[^\d\W]{3,9})\.?(?:[\s\-/]+(?P<y>(?:19|20)\d\d)|[-'](?P<y2>\d\d))")
QUARTER = re.compile(r"(?P<y>(?:19|20)\d\d)[-\s]?[Qq](?P<q>[1-4])|[Qq](?P<q2>[1-4])[-\s/]?(?P<y2>(?:19|20)\d\d)")
WEEK = re.compile(r"(?P<y>(?:19|20)\d\d)-?W(?P<w>[0-5]\d)")
PIVOT = 70
"""Two digits below are of this century."""


@dataclass(frozen=True, kw_only=True)
class DateForm:
    """How the dates of a column are written."""

    order: Order | Literal["epoch_s", "epoch_ms", "epoch_d"]
    """`epoch_d` counts days since 30 December 1899, as spreadsheets do."""
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
        >>> DateForm(order="epoch_d").moment("45292")
        datetime.datetime(2024, 1, 1, 0, 0)
        >>> DateForm(order="ymd").moment("2023-1-5 7:30 PM"), DateForm(order="dmy").moment("5. März 2024")
        (datetime.datetime(2023, 1, 5, 19, 30), datetime.datetime(2024, 3, 5, 0, 0))
        """
        stripped = text.strip()
        if stripped in self.words:
            return None
        if self.order == "epoch_d":
            return datetime.fromisoformat("1899-12-30") + _seconds(float(stripped) * 86_400)
        if self.order in ("epoch_s", "epoch_ms"):
            seconds = float(stripped) / (1000 if self.order == "epoch_ms" else 1)
            return datetime.fromisoformat("1970-01-01") + _seconds(seconds)
        found = read(stripped)
        if not found:
            raise ValueError(f"`{text}` is not a date")
        if self.order in found:
            return found[self.order]
        if len(found) == 1:
            return next(iter(found.values()))
        raise ValueError(f"`{text}` is not a date of the order {self.order}")


def _seconds(seconds: float) -> timedelta:
    return timedelta(microseconds=round(seconds * 1e6))


def read(text: str) -> dict[Order, datetime]:
    """Return each order in which a text is a date, with its moment; none when it is not a date.

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
    if moment := _period(text):
        return {"ymd": moment}
    found = NAMED.fullmatch(text)
    if found:
        day, name, year = (
            (found["d"], found["m"], found["y"]) if found["d"] else (found["d2"], found["m2"], found["y2"])
        )
        month = _month(name)
        moment = _moment(year, str(month), day, found) if month else None
        return {"dmy": moment} if moment else {}
    return {}


def _period(text: str) -> datetime | None:
    """Return the first day of a month, a quarter or a week; None for other texts.

    A name counts only where it begins a month's: `mail-24` is no May.

    >>> _period("Jan-24"), _period("2024-Q2"), _period("13/2024"), _period("mail-24")
    (datetime.datetime(2024, 1, 1, 0, 0), datetime.datetime(2024, 4, 1, 0, 0), None, None)
    """
    if found := MONTHLY.fullmatch(text):
        return _moment(found["a"] or found["a2"], found["b"] or found["b2"], "1", None)
    if found := QUARTER.fullmatch(text):
        return _moment(found["y"] or found["y2"], str(3 * int(found["q"] or found["q2"]) - 2), "1", None)
    if found := WEEK.fullmatch(text):
        try:
            return datetime.combine(date.fromisocalendar(int(found["y"]), int(found["w"]), 1), time())
        except ValueError:
            return None
    if found := MONTH_OF.fullmatch(text):
        named = (at for at, names in enumerate(WHOLE, 1) if any(one.startswith(found["m"].lower()) for one in names))
        month = next(named, None)
        return _moment(found["y"] or found["y2"], str(month), "1", None) if month else None
    return None


def short(text: str) -> bool:
    """Tell a name with two digits after it, which may be a month of a year or a thing with its number.

    >>> short("Jan-24"), short("set-12"), short("Jan 2024")
    (True, True, False)
    """
    found = MONTH_OF.fullmatch(text)
    return found is not None and found["y2"] is not None


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
