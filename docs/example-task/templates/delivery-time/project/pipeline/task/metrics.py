"""What is measured of an estimate of hours, and how good a simple one is on the same deliveries."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.task import data


def measure(
    truth: npt.NDArray[np.float64], answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]
) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs."""
    low, middle, high = np.sort(np.asarray(answers["quantiles"], dtype=np.float64), axis=1).T
    within = (truth >= low) & (truth <= high)
    return {"mae": float(np.abs(truth - middle).mean()), "coverage": float(within.mean())}


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score the quantiles of the training rows, the same for all."""
    known, truth = data.truth(train, labels), data.truth(split, labels)
    same = np.tile(np.quantile(known, (0.05, 0.5, 0.95)), (len(truth), 1))
    return {"trivial": measure(truth, {"quantiles": same}, labels)}
