"""What the model sees of a history for each step ahead, as distances from the simple forecast. Needs numpy alone."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from pipeline.reading.values.steps import Steps
from pipeline.series import theta
from pipeline.series.theta import Floats

LAGS = ("1 season", "2 seasons", "3 seasons")
CALENDAR = ("month", "day of the month", "day of the week", "hour", "day of the year")
NAMES = (
    *("step", "share of the horizon", "last value"),
    *(f"value of {lag} before" for lag in LAGS),
    *("mean of these", "value of the longer season before"),
    *("mean of the last 3", "mean of the last season", "mean of the last 3 seasons", "mean of all"),
    *("least of the last season", "largest of the last season", "deviation of the last season"),
    *("last season over the one before", "slope", "error of one step", "smoothing", "season", "seasons read"),
    *("share of zeros", "level"),
    *CALENDAR,
    "series",
)
"""The features of one step, in their order; the last one is a code."""
UNKNOWN = -1.0
"""A part of the calendar where the time is not known."""
FAR = 50.0
"""Distances are cut off there, in units of the spread."""
TINY = 1e-9
FEWEST = 4
"""Values that a history holds at least."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A history as the model sees it."""

    features: Floats
    """Steps x NAMES, without the series."""
    center: Floats
    """The simple forecast of each step."""
    spread: float
    """The unit in which the model departs from it: the mean change over a season."""


def seen(given: Floats, season: int, horizon: int, steps: Steps, last: datetime | int | None) -> Seen:
    """Describe a history, whose first and last values are known, for each step ahead.

    `last` is the time of its last value, None where it is not known.
    """
    values = filled(given, season)
    simple = theta.forecast(values, season, horizon)
    spread = scale(values, season)
    ahead = np.arange(horizon, dtype=np.int64)
    center = simple.ahead
    lags = [lagged(values, ahead, back * season, season, center) for back in (1, 2, 3)]
    longer = lagged(values, ahead, steps.longer, steps.longer, center) if steps.longer else lags[0]
    recent, before = values[-season:], values[-2 * season : -season]
    level = float(values[-3 * season :].mean())

    def apart(value: float | Floats) -> Floats:
        return np.asarray(np.clip((value - center) / spread, -FAR, FAR))

    def same(value: float) -> Floats:
        return np.full(horizon, np.clip(value, -FAR, FAR))

    columns = [
        *(ahead + 1.0, (ahead + 1.0) / horizon, apart(float(values[-1]))),
        *(apart(lag) for lag in lags),
        *(apart(np.mean(lags, axis=0)), apart(longer)),
        *(apart(float(values[-3:].mean())), apart(float(recent.mean())), apart(level), apart(float(values.mean()))),
        *(apart(float(recent.min())), apart(float(recent.max())), same(float(recent.std()) / spread)),
        same((float(recent.mean()) - float(before.mean())) / spread if len(before) else 0.0),
        *(np.clip(simple.slope * (ahead + 1) / spread, -FAR, FAR), same(simple.error / spread)),
        same(simple.smoothing),
        np.clip(simple.season[(len(values) + ahead) % season] / spread, -FAR, FAR),
        same(np.log1p(len(values) / season)),
        *(same(float((given == 0).mean())), same(np.log1p(abs(level) / spread))),
        *calendar(steps, last, horizon),
    ]
    return Seen(features=np.stack(columns, axis=1), center=center, spread=spread)


def filled(values: Floats, season: int) -> Floats:
    """Return values without gaps: a missing one is on the line between its neighbours.

    >>> filled(np.array([1.0, np.nan, 3.0]), 1).tolist()
    [1.0, 2.0, 3.0]
    """
    known = np.isfinite(values)
    if known.all():
        return values
    places = np.arange(len(values))
    found = np.interp(places, places[known], values[known])
    for place in places[~known]:
        if season > 1 and place >= season and known[place - season]:
            found[place] = values[place - season] if not known[max(0, place - 1) : place + 2].any() else found[place]
    return found


def scale(values: Floats, season: int) -> float:
    """Return the mean change over a season, else from step to step, else a hundredth of the size; never 0."""
    for lag in (season, 1):
        if len(values) > lag and (found := float(np.abs(values[lag:] - values[:-lag]).mean())) > TINY * (
            1 + float(np.abs(values).max())
        ):
            return found
    return max(float(np.abs(values).mean()), 1.0) / 100


def lagged(values: Floats, ahead: npt.NDArray[np.int64], back: int, season: int, other: Floats) -> Floats:
    """Return for each step the value a season (or several: `back`) before it; `other` where there is none.

    >>> lagged(np.arange(4.0), np.arange(3), 2, 2, np.zeros(3)).tolist()
    [2.0, 3.0, 2.0]
    """
    places = (len(values) - back + ahead % season).astype(np.int64)
    there = places >= 0
    return np.where(there, values[np.maximum(places, 0)], other)


def calendar(steps: Steps, last: datetime | int | None, horizon: int) -> list[Floats]:
    """Return the parts of the time of each step."""
    if not isinstance(last, datetime):
        return [np.full(horizon, UNKNOWN)] * len(CALENDAR)
    times = [moment for step in range(horizon) if isinstance(moment := steps.ahead(last, step + 1), datetime)]
    parts = [(one.month, one.day, one.weekday(), one.hour, one.timetuple().tm_yday) for one in times]
    return [np.array(part, np.float64) for part in zip(*parts, strict=True)]
