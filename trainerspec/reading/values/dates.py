"""Dates and times of columns: one order of day, month and year each, or a column says that it is not sure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time

import polars as pl

from .date_form import ISO, DateForm, Order, read, short
from .numerals import Texts, texts

MIDNIGHT = time()
EPOCH = {"s": (631_152_000, 4_102_444_800), "ms": (631_152_000_000, 4_102_444_800_000)}
"""Seconds and milliseconds since 1970 from 1990 to 2100: what numbers may be times."""
CALLED = re.compile(
    r"(?:^|[^a-z])(?:time|date|ts|timestamp|epoch|unix|datum|zeit|fecha|at|when|created|updated)(?:$|[^a-z])",
    re.IGNORECASE,
)
DATED = re.compile(r"(?:^|[^a-z])(?:date|datum|fecha)(?:$|[^a-z])", re.IGNORECASE)
DAYS = (36_526, 54_788)
"""Days of spreadsheets from 2000 to 2049: what whole numbers may be dates in a column that is called so."""
PACKED = r"(?:19|20)\d\d[01]\d[0-3]\d"
MONTHLY = re.compile(r"(?:^|[^a-z])(?:months?|monat|mois|mes|mese|period|periode|periodo)(?:$|[^a-z])", re.IGNORECASE)
YEARS = (1970, 2049)
"""The years that a month with a year in two digits may have where the column's name does not speak of a time."""
FEW_MONTHS = 3
"""Different months from which such texts are months there; fewer may be things with a number, as `set-12`."""
SHARE = 0.8


def form(values: pl.Series | Texts, name: str = "") -> DateForm | None:
    """Tell how a column of texts writes its dates; None where they are no dates.

    Numbers count as seconds or milliseconds since 1970 only where the column's `name` speaks of a time. Elsewhere
    texts such as `set-12` are months only if all of them are, of several months and of likely years.

    >>> form(pl.Series(["31.12.2023", "01.02.2024"])), form(pl.Series(["03/04/2023", "05/06/2023"])).ambiguous
    (DateForm(order='dmy', iso=False, words=(), ambiguous=False, several=False, timed=False), True)
    >>> form(pl.Series(["1700000000", "1700000500"]), "created_at").order, form(pl.Series(["a", "b"]))
    ('epoch_s', None)
    >>> form(pl.Series(["set-12", "gen-07"])), form(pl.Series(["set-12", "gen-07"]), "mese").order
    (None, 'ymd')
    """
    column = texts(values)
    distinct = column.different
    if distinct.is_empty():
        return None
    if epoch := _epoch(distinct, name):
        return epoch
    if not _worth(distinct):
        return None
    listed, known = distinct.to_list(), column.known
    readings = [read(text) for text in listed]
    words = [text for text, found in zip(listed, readings, strict=True) if not found]
    dates = [found for found in readings if found]
    bad = int(known.is_in(words).sum()) if words else 0
    if not dates or bad > (1 - SHARE) * (len(known) - known.null_count()) or len(words) > max(5, len(dates) // 4):
        return None
    if _things(listed, readings, name):
        return None
    numbered = [found for found in dates if set(found) != {"ymd"}]
    orders = [order for order in ("dmy", "mdy") if all(order in found for found in numbered)]
    several = bool(numbered) and len(numbered) < len(dates)
    order: Order = "ymd" if not numbered else orders[0] if orders else "dmy"  # type: ignore[assignment]
    return DateForm(
        order=order,
        iso=not numbered and all(ISO.fullmatch(text) for text in listed if text not in set(words)),
        words=tuple(sorted(words)),
        ambiguous=bool(numbered) and (len(orders) == 2 or not orders),
        several=several or (bool(numbered) and not orders),
        timed=any(moment.time() != MIDNIGHT for found in dates for moment in found.values()),
    )


def _worth(distinct: pl.Series) -> bool:
    """Tell by a few values whether looking at all of them is worth the time."""
    some = distinct.head(100).to_list()
    return 2 * sum(bool(read(text)) for text in some) >= len(some)


def _things(listed: Sequence[str], readings: Sequence[Mapping[Order, datetime]], name: str) -> bool:
    """Tell things with a number, as `set-12` and `gen-07`, from months with a year in two digits."""
    dates = {text: found for text, found in zip(listed, readings, strict=True) if found}
    if not all(map(short, dates)) or _called(CALLED, name) or _called(MONTHLY, name):
        return False
    low, high = YEARS
    months = [found["ymd"] for found in dates.values()]
    likely = all(low <= one.year <= high for one in months)
    return not likely or not all(readings) or len({one.month for one in months}) < FEW_MONTHS


def _called(pattern: re.Pattern[str], name: str) -> bool:
    """Tell whether one of the words of a column's name fits."""
    return pattern.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def _epoch(distinct: pl.Series, name: str) -> DateForm | None:
    if not _called(CALLED, name):
        return None
    numbers = distinct.cast(pl.Float64, strict=False)
    if numbers.null_count():
        return None
    for unit, (low, high) in EPOCH.items():
        if bool(numbers.is_between(low, high).all()):
            return DateForm(order="epoch_s" if unit == "s" else "epoch_ms", timed=True)
    whole = bool((numbers == numbers.floor()).all())
    if packed(distinct, name):
        return DateForm(order="ymd")
    if whole and DATED.search(name) and bool(numbers.is_between(*DAYS).all()):
        return DateForm(order="epoch_d")
    return None


def packed(distinct: pl.Series, name: str) -> bool:
    """Tell whether whole numbers of a column that is called after a time are days such as 20230131.

    >>> packed(pl.Series(["20230131", "20230201"]), "date"), packed(pl.Series(["20239931"]), "date")
    (True, False)
    """
    fits = _called(CALLED, name) and bool(distinct.str.contains(f"^{PACKED}$").all())
    return fits and all(map(read, distinct.to_list()))


def moments(values: pl.Series | Texts, form: DateForm) -> pl.Series:
    """Return a column of texts as moments (microseconds, without a zone); what is not a date is null.

    >>> moments(pl.Series(["31.12.2023", "?"]), DateForm(order="dmy")).to_list()
    [datetime.datetime(2023, 12, 31, 0, 0), None]
    """
    column = texts(values)
    known, distinct = column.known, column.different
    if form.iso and not form.words:
        quick = distinct.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
        if not quick.null_count():
            return known.replace_strict(distinct, quick, return_dtype=pl.Datetime("us"), default=None)
    table: dict[str, datetime | None] = {}
    for text in distinct.to_list():
        try:
            table[text] = form.moment(text)
        except (ValueError, OverflowError):
            table[text] = None
    return known.replace_strict(table, return_dtype=pl.Datetime("us"), default=None).alias(column.values.name)
