"""A simple forecast of one series, from which the model learns to depart: the theta method on adjusted values.

Assimakopoulos, Nikolopoulos 2000, "The theta model: a decomposition approach to forecasting",
https://doi.org/10.1016/S0169-2070(00)00066-2, as Hyndman, Billah 2003 put it: exponential smoothing with half of the
slope as drift. The season is taken out by a classical decomposition where it shows. Needs numpy alone.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
SMOOTHING = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
"""Shares of the newest value in the level, of which the one with the least errors is taken."""
RECENT = 200
"""Values that are smoothed, at most: older ones weigh nothing."""
SURE = 1.645
"""Of the test whether a season shows: 90% (Makridakis, Assimakopoulos, Spiliotis 2018)."""
FEWEST_SEASONS = 2


@dataclass(frozen=True, kw_only=True)
class Simple:
    """A simple forecast, and what it says of the series."""

    ahead: Floats
    """The forecast of each step."""
    error: float
    """Mean absolute error of one step ahead, on the history."""
    smoothing: float
    slope: float
    season: Floats
    """What each place of the season adds to the level; zeros where none shows."""
    level: float


def forecast(values: Floats, season: int, horizon: int) -> Simple:
    """Return the forecast of so many steps after `values`, which has no gaps and one value at least."""
    share = indices(values, season)
    timeless = bool(share.any())
    multiplied = timeless and bool(values.min() > 0)
    phase = np.arange(len(values)) % season
    plain = values / (1 + share[phase]) if multiplied else values - share[phase]
    level, smoothing, misses = smoothed(plain[-RECENT:])
    slope = trend(plain)
    steps = np.arange(horizon)
    kept = (1 - (1 - smoothing) ** len(plain)) / smoothing
    ahead = level + slope / 2 * (steps + kept)
    later = share[(len(values) + steps) % season]
    added = share * abs(level) if multiplied else share
    return Simple(
        ahead=ahead * (1 + later) if multiplied else ahead + later,
        error=misses,
        smoothing=smoothing,
        slope=slope,
        season=added,
        level=level,
    )


def indices(values: Floats, season: int) -> Floats:
    """Return what each place of the season adds: a share of the level where all values are positive, else as it is.

    Zeros where no season shows, or the history has fewer than two.

    >>> indices(np.array([1.0, 3.0] * 8), 2).round(2).tolist(), indices(np.arange(4.0), 2).tolist()
    ([-0.5, 0.5], [0.0, 0.0])
    """
    none = np.zeros(season)
    count = len(values)
    if season < 2 or count < FEWEST_SEASONS * season + 1 or not shows(values, season):
        return none
    weights = np.full(season, 1 / season)
    if season % 2 == 0:
        weights = np.concatenate([[0.5 / season], np.full(season - 1, 1 / season), [0.5 / season]])
    middle = np.convolve(values, weights, "valid")
    first = (count - len(middle)) // 2
    inner, multiplied = values[first : first + len(middle)], bool(values.min() > 0)
    apart = inner / middle if multiplied else inner - middle
    phase = (np.arange(len(middle)) + first) % season
    sums, counts = np.bincount(phase, apart, season), np.bincount(phase, minlength=season)
    found = sums / np.maximum(counts, 1)
    found[counts == 0] = found[counts > 0].mean()
    if multiplied:
        return np.asarray(np.maximum(found / found.mean(), 0.01) - 1)
    return np.asarray(found - found.mean())


def shows(values: Floats, season: int) -> bool:
    """Tell whether values are alike after a season: by the autocorrelation of what a straight line leaves."""
    places = np.arange(len(values))
    off = values - np.polyval(np.polyfit(places, values, 1), places)
    power = float(off @ off)
    if power <= 1e-12 * max(1.0, float(values @ values)):
        return False
    lags = np.array([off[lag:] @ off[: len(off) - lag] for lag in range(1, season + 1)]) / power
    limit = SURE * np.sqrt((1 + 2 * float((lags[:-1] ** 2).sum())) / len(values))
    return bool(lags[-1] > limit)


def smoothed(values: Floats) -> tuple[float, float, float]:
    """Return the last level of exponential smoothing, its share of the newest value, and its mean absolute error."""
    count = len(values)
    if count == 1:
        return float(values[0]), 1.0, 0.0
    levels = weights()[:, :count, :count] @ values
    misses = np.abs(levels[:, :-1] - values[1:])
    best = int(np.argmin((misses**2).sum(axis=1)))
    return float(levels[best, -1]), float(SMOOTHING[best]), float(misses[best].mean())


@cache
def weights() -> Floats:
    """Return what each value weighs in the level at each place, for each share (shares x places x values)."""
    back = np.arange(RECENT)[:, None] - np.arange(RECENT)[None, :]
    found = np.zeros((len(SMOOTHING), RECENT, RECENT))
    for at, share in enumerate(SMOOTHING):
        rest = np.where(back >= 0, (1 - share) ** np.maximum(back, 0), 0.0)
        found[at] = share * rest
        found[at, :, 0] = rest[:, 0]
    return found


def trend(values: Floats) -> float:
    """Return the slope of the straight line through values, a step.

    >>> trend(np.array([1.0, 3.0, 5.0]))
    2.0
    """
    if len(values) < 3:
        return 0.0
    places = np.arange(len(values)) - (len(values) - 1) / 2
    return float(places @ values / (places @ places))
