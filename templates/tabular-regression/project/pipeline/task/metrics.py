"""What is measured of predicted numbers and their intervals, and how good simple baselines are on the same rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.task import data, processing

Floats: TypeAlias = npt.NDArray[np.float64]
COVERED = 0.9
"""Share of the rows that an interval is to hold."""
UNDEFINED = {
    "mape": "all true values are 0, so that errors are a share of nothing",
    "r2": "all true values are the same, so that nothing is there to explain",
}
"""When metrics are no numbers."""


def measure(truth: Floats, answers: Mapping[str, npt.NDArray[np.generic]], _: Sequence[str] = ()) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs; NaN where UNDEFINED says why."""
    said, interval = np.asarray(answers["value"], np.float64), np.asarray(answers["interval"], np.float64)
    off = np.abs(said - truth)
    there, size = truth != 0, (np.abs(truth) + np.abs(said)) / 2
    spread = ((truth - truth.mean()) ** 2).mean()
    logs = np.log1p(np.maximum(said, 0)) - np.log1p(np.maximum(truth, 0))
    mse = float((off**2).mean())
    return {
        "rmse": mse**0.5,
        "mae": float(off.mean()),
        "medae": float(np.median(off)),
        "mse": mse,
        "mape": float((off[there] / np.abs(truth[there])).mean()) if there.any() else np.nan,
        "smape": float(np.divide(off, size, out=np.zeros_like(off), where=size > 0).mean()),
        "rmsle": float((logs**2).mean() ** 0.5),
        "r2": 1 - mse / float(spread) if spread > 0 else np.nan,
        "coverage": float(((interval[:, 0] <= truth) & (truth <= interval[:, 1])).mean()),
        "interval_width": float((interval[:, 1] - interval[:, 0]).mean()),
    }


def margin(truth: Floats, interval: Floats) -> float:
    """Return by how much intervals must grow on both sides to hold COVERED of rows like these.

    Romano, Patterson, Candès 2019, "Conformalized Quantile Regression" (https://arxiv.org/abs/1905.03222).

    >>> margin(np.arange(20.0), np.stack([np.arange(20.0), np.arange(20.0)], axis=1))
    0.0
    """
    outside = np.sort(np.maximum(interval[:, 0] - truth, truth - interval[:, 1]))
    place = int(np.ceil(COVERED * (len(outside) + 1))) - 1
    return float(outside[min(place, len(outside) - 1)])


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no trees and no network: the mean of the training rows, and linear regression."""
    from sklearn.linear_model import Ridge

    from pipeline.tables import linear_features

    known, truth = data.truth(train, labels), data.truth(split, labels)
    seen, held = linear_features.designs(train, split, processing.load(Path("build/artifact")))
    center, scale = known.mean(), known.std() or 1.0
    line = Ridge(alpha=1.0).fit(seen, (known - center) / scale)
    pairs = {
        "trivial": (np.full(len(known), center), np.full(len(truth), center)),
        "linear": (line.predict(seen) * scale + center, line.predict(held) * scale + center),
    }
    found = {}
    for name, (fitted, said) in pairs.items():
        reach = float(np.quantile(np.abs(known - fitted), COVERED))
        answers = {"value": said, "interval": np.stack([said - reach, said + reach], axis=1)}
        found[name] = measure(truth, answers)
    return found
