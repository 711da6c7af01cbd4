"""What is measured of maps of classes, and how good answers are that look at no picture.

Intersection over union and its kin count the pixels of all pictures together, as Pascal VOC and Cityscapes do. The
boundary score is that of Csurka et al. (2013): of each picture and class, precision and recall of the pixels along the
edge, within a distance of 0.75 % of the picture's diagonal. Pictures are tallied once; a sample weighs the tallies.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.ndimage import distance_transform_edt

from pipeline.base.verdict import of_class
from pipeline.pictures import label_maps
from pipeline.pictures.label_maps import Numbers
from pipeline.pictures.rasters import IGNORED
from pipeline.task import data

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.object_]
Arrays = Mapping[str, npt.NDArray[np.generic]]
Rows = npt.NDArray[np.int64]
NEAR = 0.0075
"""Share of the diagonal within which an edge is found."""
LONGEST = 512
"""Pixels of the longer side at which edges are compared at most."""
GRID = 64
"""Side of the map of usual classes."""
UNDEFINED = {
    **dict.fromkeys(("mean_iou", "dice", "pixel_accuracy", "mean_accuracy"), "no pixel counts"),
    "boundary_f1": "no picture shows two classes side by side",
}
"""When metrics are no numbers."""


def measure(truth: Truth, answers: Arrays, labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics, and those of each class that is there; `answers` as the processor settles them.

    What no pixel defines is NaN, for the reasons in UNDEFINED.
    """
    return sampled(truth, answers, labels)(np.arange(len(truth)))


def sampled(truth: Truth, answers: Arrays, labels: Sequence[str]) -> Callable[[Rows], dict[str, float]]:
    """Return a function that measures a sample of pictures: comparing their pixels is done once."""
    tallies = tally(truth, answers["mask"], len(labels))

    def of(rows: Rows) -> dict[str, float]:
        return summed(tallies, np.bincount(rows, minlength=len(truth)).astype(np.float64), labels)

    return of


def tally(truth: Truth, masks: npt.NDArray[np.generic], classes: int, *, edges: bool = True) -> Floats:
    """Return a row a picture: its pixels by class and answer (classes * classes), then its boundary score."""
    found = np.full((len(truth), classes * classes + 1), np.nan)
    for row, (wanted, given) in enumerate(zip(truth, masks, strict=True)):
        there, said = label_maps.decoded(wanted), label_maps.decoded(given)
        counted = there != IGNORED
        pairs = there[counted].astype(np.int64) * classes + said[counted]
        found[row, :-1] = np.bincount(pairs, minlength=classes * classes)
        if edges:
            found[row, -1] = boundary(there, said)
    return found


def summed(tallies: Floats, weights: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return the metrics of weighed tallies."""
    classes = len(labels)
    counts = (weights @ tallies[:, :-1]).reshape(classes, classes)
    right, wanted, given = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    edged = np.isfinite(tallies[:, -1]) & (weights > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = {
            "iou": right / (wanted + given - right),
            "dice": 2 * right / (wanted + given),
            "recall": right / wanted,
            "precision": right / given,
        }
    values = {
        "mean_iou": mean(each["iou"]),
        "dice": mean(each["dice"]),
        "pixel_accuracy": float(right.sum() / wanted.sum()) if wanted.sum() else float("nan"),
        "mean_accuracy": mean(each["recall"]),
        "boundary_f1": float(np.average(tallies[edged, -1], weights=weights[edged])) if edged.any() else float("nan"),
    }
    return values | {
        of_class(name, label): float(value)
        for name, found in each.items()
        for label, value in zip(labels, found, strict=True)
        if np.isfinite(value)
    }


def mean(found: Floats) -> float:
    """Average over the classes that are there; NaN where none is."""
    there = found[np.isfinite(found)]
    return float(there.mean()) if len(there) else float("nan")


def boundary(there: Numbers, said: Numbers) -> float:
    """Return the mean over classes of F1 along their edges; NaN where no class of either map has one."""
    height, width = there.shape
    scale = LONGEST / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        there, said = label_maps.resized(there, *size), label_maps.resized(said, *size)
    near = max(1.0, NEAR * float(np.hypot(*there.shape)))
    counted = there != IGNORED
    scores = []
    for number in np.union1d(there[counted], said[counted]):
        wanted, given = (edge(one == number, counted) for one in (there, said))
        if not wanted.any() and not given.any():
            continue
        if not wanted.any() or not given.any():
            scores.append(0.0)
            continue
        precision = (distance_transform_edt(~wanted)[given] <= near).mean()
        recall = (distance_transform_edt(~given)[wanted] <= near).mean()
        scores.append(2 * precision * recall / max(1e-12, precision + recall))
    return float(np.mean(scores)) if scores else float("nan")


def edge(region: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the pixels of a region beside one that counts and is of another class; the picture's rim is no edge.

    >>> edge(np.array([[True, True, False]]), np.ones((1, 3), dtype=bool)).tolist()
    [[False, True, False]]
    """
    other = counted & ~region
    beside = np.zeros_like(region)
    beside[1:] |= other[:-1]
    beside[:-1] |= other[1:]
    beside[:, 1:] |= other[:, :-1]
    beside[:, :-1] |= other[:, 1:]
    return beside & region & counted


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score the class of most pixels everywhere, and the usual class of each place; both look at no picture."""
    truth = data.truth(split, labels)
    usual = frequencies(data.truth(train, labels), len(labels))
    most = np.full((1, 1), usual.sum(axis=(1, 2)).argmax(), dtype=np.uint8)
    found = {"trivial": most, "mean": usual.argmax(axis=0).astype(np.uint8)}
    return {name: measure(truth, {"mask": spread(one, truth)}, labels) for name, one in found.items()}


def frequencies(truth: Truth, classes: int) -> Floats:
    """Count how often each class is at each place of a grid over all pictures (classes x GRID x GRID)."""
    counts = np.zeros((classes, GRID, GRID))
    for content in truth:
        small = label_maps.resized(label_maps.decoded(content), GRID, GRID)
        for number in np.unique(small[small != IGNORED]):
            counts[number] += small == number
    return counts


def spread(numbers: Numbers, truth: Truth) -> npt.NDArray[np.object_]:
    """Answer every picture with the same map, in its own size."""
    found = np.empty(len(truth), dtype=np.object_)
    for row, content in enumerate(truth):
        height, width = label_maps.decoded(content).shape
        found[row] = label_maps.encoded(label_maps.resized(numbers, width, height), level=1)
    return found
