"""Say of each column of the prepared data what it holds: kind, missing and different values, what is typical."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.reporting.numbers import plain

OWN = ("id", "key", "group", "split")
"""Columns that prepare or this page adds."""
WORDS = 3.0
"""Words a value on average, from which on a column of texts is no category."""
FEW = 20
"""Different whole numbers up to which they count as classes of their own."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the prepared splits."""

    name: str
    kind: str
    """`number`, `category`, `text`, `truth value`, or what the task says: `picture`, `box`, `spans`."""
    missing: int
    different: int | None
    """Different values, where values can be compared."""
    typical: str
    """What a reader should know of the values."""
    values: pl.Series = field(repr=False)


def columns(frame: pl.DataFrame, kinds: Mapping[str, str]) -> list[Column]:
    """Describe the columns of the splits together; `kinds` says what some of them hold."""
    return [column(frame[name], kinds.get(name)) for name in frame.columns if name not in OWN]


def column(values: pl.Series, told: str | None = None) -> Column:
    """Describe one column.

    >>> found = column(pl.Series("age", [3, None, 5, 4]))
    >>> found.kind, found.missing, found.different, found.typical
    ('number', 1, 3, '3 to 5, half of them up to 4')
    """
    kind = told or kind_of(values)
    known = values.drop_nulls()
    simple = not values.dtype.is_nested()
    return Column(
        name=values.name,
        kind=kind,
        missing=values.null_count(),
        different=known.n_unique() if simple else None,
        typical=typical(known, kind) if len(known) else "no value",
        values=values,
    )


def kind_of(values: pl.Series) -> str:
    """Return what a column holds, by its type and its values.

    >>> kind_of(pl.Series(["a", "b"])), kind_of(pl.Series(["the cat sat on it"])), kind_of(pl.Series([[1, 2]]))
    ('category', 'text', 'list')
    """
    if values.dtype == pl.Boolean:
        return "truth value"
    if values.dtype.is_numeric():
        return "number"
    if values.dtype == pl.String:
        words = values.drop_nulls().str.count_matches(r"\S+").mean()
        return "text" if isinstance(words, float) and words > WORDS else "category"
    return "list" if values.dtype.is_nested() else "time"


def years(values: pl.Series) -> pl.Series:
    """Return times, written as in ISO 8601, as years with their fractions.

    >>> years(pl.Series("day", ["2020-07-02T00:00:00", None, "later"])).round(1).to_list()
    [2020.5, None, None]
    """
    times = values.cast(pl.String).str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    return 1970 + times.dt.timestamp("ms") / (365.2425 * 86_400_000)


def typical(known: pl.Series, kind: str) -> str:
    """Say what values are like."""
    if kind == "number":
        least, middle, most = (float(str(one)) for one in (known.min(), known.median(), known.max()))
        return f"{plain(least)} to {plain(most)}, half of them up to {plain(middle)}"
    if kind == "text":
        counts = known.str.len_chars()
        return f"{counts.min()!s} to {counts.max()!s} characters, half of them up to {float(str(counts.median())):.0f}"
    if kind == "time":
        texts = known.cast(pl.String).str.strip_suffix("T00:00:00")
        return f"{texts.min()!s} to {texts.max()!s}"
    if kind in ("category", "truth value"):
        found = known.cast(pl.String).rename("value").value_counts()
        value, count = found.sort(["count", "value"], descending=[True, False]).row(0)
        return f"most often {value}: {100 * count / len(known):.2f}%"
    return ""
