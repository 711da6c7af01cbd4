"""Rows of a long table as series on a regular grid: one value a step, NaN where a step has no row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reading.values import series
from pipeline.reading.values.steps import Steps

NAME, AT, STEP, VALUE = "__series", "__at", "__step", "__value"
"""Columns that are added to rows: the name of the series, its moment, the number of the step, and the value."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series, from its first step to its last."""

    name: str
    first: int
    """The number of its first step."""
    values: npt.NDArray[np.float64] = field(repr=False)
    last: datetime | int
    """The time of its last step."""

    @property
    def end(self) -> int:
        """Return the number of the step after its last."""
        return self.first + len(self.values)

    def until(self, step: int) -> npt.NDArray[np.float64]:
        """Return the values before a step."""
        return self.values[: max(0, step - self.first)]

    def between(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """Return the values of steps, NaN where the series has none."""
        found = np.full(stop - start, np.nan)
        low, high = max(start, self.first), min(stop, self.end)
        if low < high:
            found[low - start : high - start] = self.values[low - self.first : high - self.first]
        return found


def placed(frame: pl.DataFrame, time: str, value: str, columns: tuple[str, ...], steps: Steps) -> pl.DataFrame:
    """Add NAME, AT, STEP and VALUE to rows, and put the rows of a series in the order of their time."""
    at = series.moments(frame[time])
    rows = frame.with_columns(
        series.named(frame, columns).alias(NAME),
        at.alias(AT),
        series.places(at, steps).alias(STEP),
        pl.col(value).cast(pl.Float64).alias(VALUE),
    )
    return rows.sort(NAME, AT, maintain_order=True)


def laid(rows: pl.DataFrame) -> Iterator[Series]:
    """Lay the placed rows of each series, no two of a step, on its grid."""
    for (name,), own in rows.group_by(NAME, maintain_order=True):
        steps = own[STEP].to_numpy()
        values = np.full(int(steps[-1] - steps[0]) + 1, np.nan)
        values[steps - steps[0]] = own[VALUE].to_numpy()
        yield Series(name=str(name), first=int(steps[0]), values=values, last=own[AT][-1])
