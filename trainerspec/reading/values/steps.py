"""The step of a series: a day, 15 minutes, a month; counted, and walked ahead. Needs the standard library alone."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

UNITS = ("second", "minute", "hour", "day", "weekday", "week", "month", "quarter", "year", "step")
PATTERN = rf"^(?:[1-9][0-9]{{0,3}} )?(?:{'|'.join(UNITS)})s?$"
"""How a step is written: `day`, `15 minutes`. A `weekday` is Monday to Friday; a `step` has no calendar."""
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
EPOCH = datetime.fromisoformat("2000-01-03")
"""A Monday, from which seconds and weeks are counted."""
WORKDAYS, FRIDAY = 5, 4
DAY = 86_400
YEARS = (1500, 2200)
"""Whole numbers between these may be years."""
MOST_SEASON = 512


@dataclass(frozen=True, kw_only=True)
class Steps:
    """One step of a series."""

    unit: str
    count: int = 1

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    @property
    def dated(self) -> bool:
        """Tell whether a step has a place in the calendar."""
        return self.unit != "step"

    @property
    def seconds(self) -> int:
        """Return the seconds of a step of fixed length; 0 for months, weekdays and plain steps."""
        return SECONDS.get(self.unit, 0) * self.count

    @property
    def months(self) -> int:
        """Return the months of a step; 0 where its length is fixed."""
        return MONTHS.get(self.unit, 0) * self.count

    @property
    def season(self) -> int:
        """Return after how many steps a series is usually alike: a year of months, a week of days, a day of hours.

        >>> [steps(one).season for one in ("month", "day", "weekday", "15 minutes", "minute", "week", "year")]
        [12, 7, 5, 96, 60, 52, 1]
        """
        if self.months:
            return max(1, 12 // self.months)
        if self.unit == "weekday":
            return max(1, WORKDAYS // self.count)
        if not self.seconds:
            return 1
        for span in (3600, DAY, 7 * DAY, 364 * DAY):
            whole = span // self.seconds
            if span % self.seconds == 0 and 1 < whole <= MOST_SEASON and (span > 3600 or self.seconds <= 60):
                return whole
        return 1

    @property
    def longer(self) -> int:
        """Return the length of the next longer season: a week of hours, a year of days; 0 where there is none.

        >>> [steps(one).longer for one in ("hour", "day", "month", "minute")]
        [168, 364, 0, 0]
        """
        whole = {DAY: 7 * DAY, 7 * DAY: 364 * DAY}.get(self.season * self.seconds, 0)
        found = whole // self.seconds if self.seconds else 0
        return found if found <= 2 * MOST_SEASON else 0

    def place(self, moment: datetime | int) -> int:
        """Return the number of the step that a moment lies in.

        >>> day, month = steps("day"), steps("month")
        >>> at = datetime.fromisoformat
        >>> day.place(at("2024-03-01")) - day.place(at("2024-02-28")), month.place(at("2024-03-31")) % 12
        (2, 2)
        """
        if isinstance(moment, int):
            return moment // self.count
        if self.months:
            return (moment.year * 12 + moment.month - 1) // self.months
        if self.unit == "weekday":
            days = (moment.date() - EPOCH.date()).days
            return (days // 7 * WORKDAYS + min(days % 7, FRIDAY)) // self.count
        return int((moment - EPOCH).total_seconds() // (self.seconds or 1))

    def ahead(self, moment: datetime | int, count: int) -> datetime | int:
        """Return the moment so many steps later; the end of a month stays the end of a month.

        >>> steps("month").ahead(datetime.fromisoformat("2024-01-31"), 1).date().isoformat()
        '2024-02-29'
        >>> steps("weekday").ahead(datetime.fromisoformat("2024-03-01"), 1).date().isoformat()
        '2024-03-04'
        """
        if isinstance(moment, int):
            return moment + count * self.count
        if self.months:
            return _months(moment, count * self.months)
        if self.unit == "weekday":
            day = min(moment.weekday(), FRIDAY) + count * self.count
            monday = moment - timedelta(days=moment.weekday())
            return monday + timedelta(days=day // WORKDAYS * 7 + day % WORKDAYS)
        return moment + timedelta(seconds=count * (self.seconds or 1))

    def written(self, moment: datetime | int) -> str:
        """Return a moment as people write it at this step: a day without its time, a year as a number."""
        if isinstance(moment, int):
            return str(moment)
        fine = self.unit in ("second", "minute", "hour") or moment.time() != datetime.min.time()
        return moment.isoformat() if fine else moment.date().isoformat()


def _months(moment: datetime, count: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + count
    year, month = divmod(index, 12)
    last = _last(moment.year, moment.month) == moment.day
    days = _last(year, month + 1)
    return moment.replace(year=year, month=month + 1, day=days if last else min(moment.day, days))


def _last(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def steps(text: str) -> Steps:
    """Read a step. Raises ValueError.

    >>> steps("15 minutes"), str(steps("day"))
    (Steps(unit='minute', count=15), 'day')
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"`{text}` is no step: write one such as `day`, `15 minutes` or `month`")
    count, _, unit = text.rpartition(" ")
    return Steps(unit=unit.removesuffix("s"), count=int(count or 1))


def moment(text: str) -> datetime | int:
    """Read a moment: ISO 8601 in UTC where it names a zone, or a whole number. Raises ValueError.

    >>> moment("2024-05"), moment("2024-05-01T02:00+02:00"), moment("137")
    (datetime.datetime(2024, 5, 1, 0, 0), datetime.datetime(2024, 5, 1, 0, 0), 137)
    """
    plain = text.strip()
    if re.fullmatch(r"-?\d{1,9}", plain):
        return int(plain)
    found = datetime.fromisoformat(f"{plain}-01" if re.fullmatch(r"\d{4}-\d{2}", plain) else plain)
    return found.replace(tzinfo=None) - (found.utcoffset() or timedelta(0))
