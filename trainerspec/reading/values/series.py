"""Series in a long table: which columns tell them apart, their step, and what is missing or there twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import polars as pl

from .steps import YEARS, Steps, moment

BETWEEN = " / "
"""What stands between the values of several columns in the name of a series."""
ALONE = 0.98
"""Share of rows with a time of their own within their series from which columns tell series apart."""
LIKELY = 0.9
"""Share of distances that are whole steps from which times are regular."""
USUAL = 0.5
"""Share of distances that are the step itself, at least; longer ones are gaps."""
MOST_SERIES = 0.5
"""Series for each row, at most: more are no series."""
DAYS = (
    *((1, 1, 1, "day"), (28, 31, 1, "month"), (59, 62, 2, "month")),
    *((89, 92, 1, "quarter"), (181, 184, 2, "quarter"), (365, 366, 1, "year")),
)
"""Fewest and most days between two times, and the step that they are."""
DAY = 86_400
ENOUGH = 10
"""Days without a weekend from which the step is a weekday."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the series of a table hold, in steps."""

    names: tuple[str, ...]
    lengths: tuple[int, ...]
    """Steps from the first to the last of each series, with those that are missing."""
    gaps: int
    """Steps without a row."""
    gapped: int
    """Series that have such steps."""
    repeated: int
    """Rows of a step that another row of the series has."""


def named(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return the name of each row's series; empty where no column tells it, null where its column is empty.

    >>> named(pl.DataFrame({"shop": ["a", "b"], "item": [1, 2]}), ["shop", "item"]).to_list()
    ['a / 1', 'b / 2']
    """
    if not columns:
        return pl.Series("series", [""] * frame.height, dtype=pl.String)
    texts = [pl.col(name).cast(pl.String) for name in columns]
    return frame.select(pl.concat_str(texts, separator=BETWEEN).alias("series"))["series"]


def moments(values: pl.Series) -> pl.Series:
    """Return times as moments, or whole numbers as they are; null for what is neither.

    >>> moments(pl.Series(["2024-01-31", None])).to_list(), moments(pl.Series([1999, 2000])).to_list()
    ([datetime.datetime(2024, 1, 31, 0, 0), None], [1999, 2000])
    """
    if values.dtype == pl.Datetime:
        return values.dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if values.dtype == pl.Date:
        return values.cast(pl.Datetime("us"))
    if values.dtype.is_integer():
        return values.cast(pl.Int64)
    texts = values.cast(pl.String)
    table: dict[str, datetime | int] = {}
    for text in texts.drop_nulls().unique(maintain_order=True).to_list():
        try:
            table[text] = moment(text)
        except ValueError:
            continue
    whole = bool(table) and all(isinstance(one, int) for one in table.values())
    kept = {text: one for text, one in table.items() if isinstance(one, int) == whole}
    kind = pl.Int64() if whole else pl.Datetime("us")
    return texts.replace_strict(kept, default=None, return_dtype=kind).alias(values.name)


def apart(frame: pl.DataFrame, at: pl.Series, free: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns that tell series apart: none where each time is there once; None where no columns do."""
    times = pl.DataFrame({"at": at})
    for columns in [(), *((name,) for name in free), *combinations(free, 2)]:
        named_by = frame.select(columns).hstack(times) if columns else times
        series = frame.select(columns).n_unique() if columns else 1
        if named_by.n_unique() >= ALONE * frame.height and series <= max(1, MOST_SERIES * frame.height):
            return columns
    return None


def step(keys: pl.Series, at: pl.Series) -> Steps | None:
    """Return the step between times; None where they are irregular, or too few.

    >>> days = pl.Series([datetime(2024, 1, day) for day in (1, 2, 3, 5, 6)])
    >>> str(step(pl.Series([""] * 5), days))
    'day'
    """
    rows = pl.DataFrame({"key": keys, "at": at}).drop_nulls().unique().sort("key", "at")
    if rows.schema["at"] == pl.Int64:
        return _whole(rows)
    gaps = rows.select(pl.col("at").diff().over("key").dt.total_seconds().alias("gap"))["gap"].drop_nulls()
    if gaps.is_empty():
        return None
    usual = gaps.value_counts().sort(["count", "gap"], descending=[True, False])["gap"][0]
    for least, most, count, unit in DAYS:
        if least * DAY <= usual <= most * DAY:
            if int(gaps.is_between(least * DAY, most * DAY).sum()) < USUAL * len(gaps):
                return None
            if unit == "day":
                weekend = bool((rows["at"].dt.weekday() > 5).any())
                unit = "day" if weekend or rows["at"].n_unique() < ENOUGH else "weekday"
            return Steps(unit=unit, count=count)
    alike, whole = int((gaps == usual).sum()), int((gaps % usual == 0).sum())
    if alike < USUAL * len(gaps) or whole < LIKELY * len(gaps):
        return None
    for unit, seconds in (("week", 7 * DAY), ("day", DAY), ("hour", 3600), ("minute", 60)):
        if usual % seconds == 0:
            return Steps(unit=unit, count=usual // seconds)
    return Steps(unit="second", count=usual)


def _whole(rows: pl.DataFrame) -> Steps | None:
    gaps = rows.select(pl.col("at").diff().over("key").alias("gap"))["gap"].drop_nulls()
    if gaps.is_empty():
        return None
    usual = int(gaps.value_counts().sort(["count", "gap"], descending=[True, False])["gap"][0])
    years = bool(rows["at"].is_between(*YEARS).all())
    return Steps(unit="year" if years else "step", count=max(1, usual))


def places(at: pl.Series, steps: Steps) -> pl.Series:
    """Return the number of the step of each moment."""
    distinct = at.drop_nulls().unique().to_list()
    table = {one: steps.place(one) for one in distinct}
    return at.replace_strict(table, default=None, return_dtype=pl.Int64)


def counts(keys: pl.Series, at: pl.Series, steps: Steps) -> Counts:
    """Count the steps of each series, those that are missing, and rows of the same step."""
    rows = pl.DataFrame({"key": keys, "place": places(at, steps)}).drop_nulls()
    each = rows.group_by("key").agg(
        (pl.col("place").max() - pl.col("place").min() + 1).alias("length"),
        pl.col("place").n_unique().alias("there"),
        pl.len().alias("rows"),
    ).sort("key")  # fmt: skip
    missing = each["length"] - each["there"]
    return Counts(
        names=tuple(each["key"].to_list()),
        lengths=tuple(each["length"].to_list()),
        gaps=int(missing.sum()),
        gapped=int((missing > 0).sum()),
        repeated=int((each["rows"] - each["there"]).sum()),
    )


def zones(written: pl.Series) -> Iterator[str]:
    """Name the offsets from UTC that texts of times tell: `+02:00`, `Z`."""
    found = written.cast(pl.String).str.extract(r":\d{2}(?:\.\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})\s*$")
    yield from sorted(found.drop_nulls().unique().to_list())
