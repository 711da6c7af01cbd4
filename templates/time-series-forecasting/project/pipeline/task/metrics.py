"""What is measured of forecasts, and how good the simple ones are on the same windows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.series import features, theta
from pipeline.task import data, processing
from pipeline.task.data import Truth
from pipeline.task.model import QUANTILES

Floats: TypeAlias = npt.NDArray[np.float64]
COVERED = QUANTILES[-1] - QUANTILES[0]
"""Share of the steps that an interval is to hold."""
UNDEFINED = {
    "mase": "no series changes over a season of its history, so that its errors have no scale",
    "wql": "all true values are 0, so that errors are a share of nothing",
}
"""When metrics are no numbers."""


def measure(truth: Truth, answers: Mapping[str, npt.NDArray[np.generic]], _: Sequence[str] = ()) -> dict[str, float]:
    """Return the task's metrics; steps without a known value count nowhere, nor series that never change in MASE.

    What no window defines is NaN, for the reasons in UNDEFINED.
    """
    said, value = np.asarray(answers["quantiles"], np.float64), truth["value"]
    known = np.isfinite(value)
    there, middle = value[known], said[:, :, 1][known]
    off, size = np.abs(middle - there), (np.abs(middle) + np.abs(there)) / 2
    low, high = said[:, :, 0][known], said[:, :, 2][known]
    total = float(np.abs(there).sum())
    loss = sum(float(pinball(there, said[:, :, at][known], share).sum()) for at, share in enumerate(QUANTILES))
    return {
        "mase": scaled(truth, said[:, :, 1]),
        "smape": float(np.divide(off, size, out=np.zeros_like(off), where=size > 0).mean()),
        "wql": 2 * loss / len(QUANTILES) / total if total > 0 else np.nan,
        "mae": float(off.mean()),
        "rmse": float((off**2).mean() ** 0.5),
        "coverage": float(((low <= there) & (there <= high)).mean()),
    }


def scaled(truth: Truth, middle: Floats) -> float:
    """Return the mean absolute scaled error (Hyndman, Koehler 2006, doi:10.1016/j.ijforecast.2006.03.001)."""
    off, there = np.abs(truth["value"] - middle), counted(truth)
    known = np.isfinite(off)
    each = np.where(known, off, 0.0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
    return float((each[there] / truth["scale"][there]).mean()) if there.any() else np.nan


def counted(truth: Truth) -> npt.NDArray[np.bool_]:
    """Tell which windows MASE counts: those with a known value, of series that changed before."""
    found: npt.NDArray[np.bool_] = np.isfinite(truth["scale"]) & np.isfinite(truth["value"]).any(axis=1)
    return found


def partly(truth: Truth) -> dict[str, str]:
    """Say of how many windows a metric tells nothing, where it is not of all.

    >>> kind = [("value", float, (1,)), ("scale", float)]
    >>> partly(np.array([((3.0,), 1.0), ((3.0,), np.nan)], kind))
    {'mase': '1 of 2 windows do not count: their series never change over a season, or have no value'}
    """
    out = int((~counted(truth)).sum())
    told = f"{out} of {len(truth)} windows do not count: their series never change over a season, or have no value"
    return {"mase": told} if out else {}


def pinball(truth: Floats, said: Floats, share: float) -> Floats:
    """Return the quantile loss of each value (Koenker, Bassett 1978)."""
    return np.asarray(np.maximum(share * (truth - said), (share - 1) * (truth - said)))


def margin(truth: Floats, quantiles: Floats) -> float:
    """Return by how much intervals must grow on both sides to hold COVERED of values like these, at least by nothing.

    Both are in units of the spread; quantiles are steps x 3. Romano, Patterson, Candès 2019,
    "Conformalized Quantile Regression" (https://arxiv.org/abs/1905.03222), who also narrow. The windows
    that would tell it overlap, so intervals that hold too many are left as they are.
    """
    outside = np.sort(np.maximum(quantiles[:, 0] - truth, truth - quantiles[:, 2]))
    place = int(np.ceil(COVERED * (len(outside) + 1))) - 1
    return max(0.0, float(outside[min(place, len(outside) - 1)]))


def baselines(train: pl.DataFrame, split: pl.DataFrame, _: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score repeating the last season, and the theta method; their intervals are as wide as they err on the past."""
    known, truth = processing.load(Path("build/artifact")), data.truth(split, ())
    found: dict[str, list[Floats]] = {"trivial": [], "theta": []}
    for given in split["history"].to_list():
        values = np.asarray(given, np.float64)
        values = features.filled(values[np.flatnonzero(np.isfinite(values))[0] :], known.season)
        ahead = np.arange(known.horizon, dtype=np.int64)
        season = known.season if len(values) >= known.season else 1
        simple = theta.forecast(values[-known.context :], known.season, known.horizon)
        found["trivial"].append(
            between(features.lagged(values, ahead, season, season, np.zeros(known.horizon)), values, season)
        )
        found["theta"].append(between(simple.ahead, values, season))
    return {name: measure(truth, {"quantiles": np.stack(rows)}) for name, rows in found.items()}


def between(middle: Floats, values: Floats, season: int) -> Floats:
    """Return quantiles around a simple forecast: the changes over a season of the history lie so far apart."""
    changes = np.abs(values[season:] - values[:-season]) if len(values) > season else np.zeros(1)
    reach = float(np.quantile(changes, COVERED))
    return np.stack([middle - reach, middle, middle + reach], axis=1)
