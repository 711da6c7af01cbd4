"""What is measured of boxes, and how good an answer that does not look at the picture would be."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.task import data

Floats = npt.NDArray[np.float64]
CENTRE = np.array([0.25, 0.25, 0.75, 0.75])
"""Share of the picture that the baseline `centre` answers."""
BINS = 10
"""Bins of the calibration error."""


def measure(
    truth: Floats, answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str] = ()
) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs; `truth` is `data.truth`'s."""
    overlap = iou(truth, np.asarray(answers["region"], dtype=np.float64))
    sure = np.asarray(answers["confidence"], dtype=np.float64).reshape(-1)
    right = overlap >= 0.5
    places = np.clip((sure * BINS).astype(int), 0, BINS - 1)
    gaps = [
        abs(sure[places == at].mean() - right[places == at].mean()) * (places == at).sum() for at in np.unique(places)
    ]
    return {
        "box_accuracy": float(right.mean()),
        "box_accuracy_75": float((overlap >= 0.75).mean()),
        "mean_iou": float(overlap.mean()),
        "ece": float(sum(gaps) / len(right)),
    }


def iou(truth: Floats, regions: Floats) -> Floats:
    """Return the intersection over union of each answer, cut to its picture, with the wanted box (rows)."""
    cut = np.clip(regions, truth[:, [4, 5, 4, 5]], truth[:, [6, 7, 6, 7]])
    wanted = truth[:, :4]
    sides = np.maximum(0.0, np.minimum(cut[:, 2:], wanted[:, 2:]) - np.maximum(cut[:, :2], wanted[:, :2]))
    shared: Floats = sides.prod(axis=1)
    areas: list[Floats] = [np.maximum(0.0, box[:, 2:] - box[:, :2]).prod(axis=1) for box in (cut, wanted)]
    union = areas[0] + areas[1] - shared
    overlap: Floats = shared / np.maximum(union, 1e-12)
    return overlap


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...] = ()) -> dict[str, dict[str, float]]:
    """Score what reads no phrase: the mean box of the training split, and the middle of the picture."""
    truth = data.truth(split)
    areas = truth[:, 4:]
    sides = areas[:, [2, 3, 2, 3]] - areas[:, [0, 1, 0, 1]]
    known = data.truth(train)
    known_sides = known[:, [6, 7, 6, 7]] - known[:, [4, 5, 4, 5]]
    mean = ((known[:, :4] - known[:, [4, 5, 4, 5]]) / known_sides).mean(axis=0)
    unsure = np.full((len(truth), 1), 0.1)
    return {
        name: measure(truth, {"region": areas[:, [0, 1, 0, 1]] + sides * box, "confidence": unsure})
        for name, box in (("trivial", mean), ("centre", CENTRE))
    }
