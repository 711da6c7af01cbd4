"""Windows of series: the history up to an origin, and the steps after it; origins roll, the last ones are the test."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reading.values.steps import Steps
from pipeline.series import features
from pipeline.series.features import FEWEST
from pipeline.series.grid import Series

EVALUATED = 200
"""Windows that a part is judged on, about: few series have several, many series one each."""
MOST_ROLLED = 50
"""Windows of one series in a part, at most."""
SEVERAL = 10
"""Series from which they are what intervals draw; of fewer, each window is drawn by itself."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A history, and what came after it."""

    series: str
    time: str
    """The time of the last value of the history."""
    history: npt.NDArray[np.float64] = field(repr=False)
    truth: npt.NDArray[np.float64] = field(repr=False)
    """NaN where a step has no value."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where the parts of a split begin, in steps."""

    validation: int
    test: int
    end: int


def cut(found: Sequence[Series], horizon: int, validation: float, test: float) -> Cut | None:
    """Return where validation and test begin, each at least a horizon long; None where the series are too short.

    All series are cut at the same time, so that none tells what comes after in another.
    """
    first, end = min(one.first for one in found), max(one.end for one in found)
    most = (end - first - FEWEST - horizon) // 2
    if most < horizon:
        return None
    tested = min(most, max(horizon, round(test * (end - first))))
    checked = min(most, max(horizon, round(validation * (end - first))))
    return Cut(validation=end - tested - checked, test=end - tested, end=end)


def origins(start: int, stop: int, horizon: int, series: int) -> list[int]:
    """Return the steps at which the horizon begins, from `start` on, so that all of it lies before `stop`.

    >>> origins(100, 124, 12, 1), origins(100, 124, 12, 500)
    ([100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112], [112])
    """
    last = stop - horizon
    wanted = min(MOST_ROLLED, max(1, EVALUATED // max(1, series)), last - start + 1)
    return sorted({round(step) for step in np.linspace(last, start, wanted)}) if wanted > 1 else [last]


def window(one: Series, origin: int, horizon: int, steps: Steps) -> Window | None:
    """Return the window whose horizon begins at a step; None where its history or all that follows is missing."""
    history, truth = one.until(origin), one.between(origin, origin + horizon)
    known = np.isfinite(history)
    if len(history) < origin - one.first or known.sum() < FEWEST or not known[-1] or not np.isfinite(truth).any():
        return None
    time = steps.ahead(one.last, origin - one.end)
    return Window(series=one.name, time=written(time), history=history, truth=truth)


def written(time: datetime | int) -> str:
    """Return a time as requests have it."""
    return str(time) if isinstance(time, int) else time.isoformat()


def rolled(found: Sequence[Series], start: int, stop: int, horizon: int, steps: Steps) -> Iterator[Window]:
    """Return the windows of a part of the split, series by series."""
    places = origins(start, stop, horizon, len(found))
    for one in found:
        yield from (made for origin in places if (made := window(one, origin, horizon, steps)) is not None)


def trained(found: Sequence[Series], horizon: int, season: int, steps: Steps, most: int) -> Iterator[Window]:
    """Return windows of the training part: as many origins of each series as `most` windows in all allow.

    A history is at least two seasons long where the series is long enough, else a half of it.
    """
    begins = []
    for one in found:
        length = len(one.values) - horizon
        begins.append(max(FEWEST, min(2 * season + 1, length // 2)))
    total = sum(max(0, len(one.values) - horizon - start + 1) for one, start in zip(found, begins, strict=True))
    stride = max(1, -(-total // most))
    for one, start in zip(found, begins, strict=True):
        for origin in range(one.end - horizon, one.first + start - 1, -stride):
            made = window(one, origin, horizon, steps)
            if made is not None:
                yield made


def frame(windows: Iterable[Window], season: int) -> pl.DataFrame:
    """Return windows as the rows of a part."""
    listed = list(windows)
    several = len({one.series for one in listed}) >= SEVERAL
    names = [f"{one.series or 'series'} after {one.time}" for one in listed]
    groups = [one.series for one in listed] if several else names
    lists = pl.List(pl.Float64)
    return pl.DataFrame(
        {
            "id": pl.Series(names, dtype=pl.String),
            "key": pl.Series(names, dtype=pl.String),
            "group": pl.Series(groups, dtype=pl.String),
            "series": pl.Series([one.series for one in listed], dtype=pl.String),
            "time": pl.Series([one.time for one in listed], dtype=pl.String),
            "history": pl.Series([one.history.tolist() for one in listed], dtype=lists),
            "value": pl.Series([one.truth.tolist() for one in listed], dtype=lists),
            "scale": pl.Series([naive_error(one.history, season) for one in listed], dtype=pl.Float64),
        }
    )  # fmt: skip


def naive_error(history: npt.NDArray[np.float64], season: int) -> float:
    """Return the mean absolute error of repeating the last season, on the history; NaN where nothing changes.

    >>> naive_error(np.array([1.0, 2.0, 2.0, 4.0]), 2), naive_error(np.ones(4), 2)
    (1.5, nan)
    """
    values = features.filled(history[np.flatnonzero(np.isfinite(history))[0] :], season)
    lag = season if len(values) > season else 1
    found = float(np.abs(values[lag:] - values[:-lag]).mean()) if len(values) > lag else 0.0
    return found if found > features.TINY * (1 + float(np.abs(values).max())) else float("nan")
