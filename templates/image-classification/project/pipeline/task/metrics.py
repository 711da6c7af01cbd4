"""What is measured of a picture classifier, and how good simple baselines are on the same pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting.classification_metrics import UNDEFINED, scores
from pipeline.task import data
from pipeline.task.processing import Processor

__all__ = ["UNDEFINED", "baselines", "measure"]

SIDE = 16
"""The nearest-neighbour baseline compares grey pictures of this side."""
NEIGHBOURS = 5


def measure(
    truth: npt.NDArray[np.int64], answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]
) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs."""
    return scores(truth, np.asarray(answers["probabilities"], dtype=np.float64), labels)


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no neural network: the class shares, and the nearest training pictures, pixel by pixel."""
    from sklearn.neighbors import KNeighborsClassifier

    known, truth = data.truth(train, labels), data.truth(split, labels)
    shares = np.bincount(known, minlength=len(labels)) / len(known)
    nearest = KNeighborsClassifier(min(NEIGHBOURS, len(known)), weights="distance")
    nearest.fit(small(train), known)
    votes = np.zeros((len(truth), len(labels)))
    votes[:, nearest.classes_] = nearest.predict_proba(small(split))
    return {
        "trivial": scores(truth, np.tile(shares, (len(truth), 1)), labels),
        "nearest": scores(truth, votes, labels),
    }


def small(frame: pl.DataFrame) -> npt.NDArray[np.float32]:
    """Return the pictures of a split small and grey, as rows of numbers."""
    processor = Processor(labels=(), size=SIDE, channels=1)
    rows = [processor.pixels(Path(path).read_bytes(), path).ravel() for path in frame["image"].to_list()]
    return np.array(rows, dtype=np.float32)
