"""What is measured of found objects, and how good answers are that do not look for them."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.pictures import small_copies
from pipeline.pictures.matching import SIZES, Matches, average_precision, matches
from pipeline.pictures.squares import upright_size
from pipeline.task import data

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[np.generic]]
Rows = npt.NDArray[np.int64]
HALF, MORE = 0, 5
"""Places of the overlaps 0.5 and 0.75."""
SURE = 0.99
"""Score of what a baseline is most sure of."""
LOWEST = 0.05
"""Score from which objects are told at least."""
NEIGHBOURS = 512
"""Pictures that are compared with those of the training split at once."""
UNDEFINED = {
    **dict.fromkeys(("map", "map50", "map75", "recall"), "no picture holds an object"),
    "map_small": "no object is smaller than 32 x 32 pixels",
    "map_medium": "no object is between 32 x 32 and 96 x 96 pixels",
    "map_large": "no object is larger than 96 x 96 pixels",
}
"""When metrics are no numbers."""


def measure(truth: Floats, answers: Arrays, labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics, and those of each class that is there; `answers` as the processor settles them.

    What no object defines is NaN, for the reasons in UNDEFINED.
    """
    return sampled(truth, answers, labels)(np.arange(len(truth)))


def sampled(truth: Floats, answers: Arrays, labels: Sequence[str]) -> Callable[[Rows], dict[str, float]]:
    """Return a function that measures a sample of pictures: matching them is done once."""
    each = [matches(truth, answers, number) for number in range(1, len(labels) + 1)]
    miscounted = np.abs(np.asarray(answers["told"]).sum(axis=1) - (truth[:, :, 0] > 0).sum(axis=1)).astype(np.float64)

    def of(rows: Rows) -> dict[str, float]:
        weights = np.bincount(rows, minlength=len(truth)).astype(np.float64)
        precisions = np.stack([average_precision(one, weights) for one in each])
        return {
            **averages(precisions),
            "count_error": float((miscounted * weights).sum() / weights.sum()),
            **told(each, weights, labels),
            **{
                of_class(name, label): float(value)
                for label, one in zip(labels, precisions[:, 0], strict=True)
                for name, value in (("ap", one.mean()), ("ap50", one[HALF]))
                if np.isfinite(value)
            },
        }

    return of


def averages(precisions: Floats) -> dict[str, float]:
    """Average over the classes that are there: precisions are classes x SIZES x OVERLAPS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no class has no mean
        means = np.nanmean(precisions, axis=0)
    values = {"map": means[0].mean(), "map50": means[0, HALF], "map75": means[0, MORE]}
    values |= {f"map_{name}": means[at].mean() for at, name in enumerate(SIZES) if at}
    return {name: float(value) for name, value in values.items()}


def told(each: Sequence[Matches], weights: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return precision, recall and F1 of the objects that are told, at an overlap of a half."""
    right = np.array([(weights[one.picture] * (one.told & one.hit[0, HALF])).sum() for one in each])
    given = np.array([(weights[one.picture] * one.told).sum() for one in each])
    wanted = np.array([one.wanted[0] @ weights for one in each])

    def scores(hits: float, said: float, there: float) -> dict[str, float]:
        values = {"f1": 2 * hits / max(1.0, said + there)}
        values |= {"precision": hits / said} if said else {}
        return values | ({"recall": hits / there} if there else {})

    whole = {"precision": 0.0, "recall": np.nan} | scores(right.sum(), given.sum(), wanted.sum())
    of_each = {
        of_class(name, label): value
        for label, *one in zip(labels, right, given, wanted, strict=True)
        for name, value in scores(*one).items()
        if one[1] or one[2]
    }
    return {name: float(value) for name, value in (whole | of_each).items()}


def threshold(truth: Floats, answers: Arrays, labels: Sequence[str]) -> float:
    """Find the score from which objects are told: where F1 at an overlap of a half is highest."""
    each = [matches(truth, answers, number) for number in range(1, len(labels) + 1)]
    score = np.concatenate([one.score for one in each])
    hit = np.concatenate([one.hit[0, HALF] for one in each])
    if not hit.any():
        return 0.5
    order = np.argsort(-score, kind="stable")
    wanted = sum(one.wanted[0].sum() for one in each)
    f1 = 2 * np.cumsum(hit[order]) / (np.arange(1, len(order) + 1) + wanted)
    best = int(f1.argmax())
    after = score[order][best + 1] if best + 1 < len(order) else 0.0
    return max(LOWEST, round(float(score[order][best] + after) / 2, 4))


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score the usual box of each class, which looks at no picture, and the objects of the most alike picture."""
    truth = data.truth(split, labels)
    return {
        "trivial": measure(truth, usual(train, split, labels), labels),
        "nearest": measure(truth, nearest(train, split, labels), labels),
    }


def sizes(frame: pl.DataFrame) -> Floats:
    """Return width and height of each picture, twice, to scale its boxes."""
    found = [upright_size(Path(path).read_bytes(), path) for path in frame["image"].to_list()]
    return np.array([(*one, *one) for one in found], dtype=np.float64).reshape(-1, 4)


def usual(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> Arrays:
    """Answer every picture with the mean box of each class, as sure as the class is frequent."""
    known = data.truth(train, labels)
    shares = known[:, :, 1:] / sizes(train)[:, None, :]
    own = [known[:, :, 0] == number for number in range(1, len(labels) + 1)]
    boxes = np.stack([shares[one].mean(axis=0) if one.any() else np.zeros(4) for one in own])
    often = np.array([one.any(axis=1).mean() for one in own])
    count = split.height
    return {
        "boxes": boxes[None] * sizes(split)[:, None, :],
        "scores": np.tile(often * SURE, (count, 1)),
        "classes": np.tile(np.arange(1, len(labels) + 1), (count, 1)),
        "told": np.tile(often >= 0.5, (count, 1)),
    }


def nearest(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> Arrays:
    """Answer every picture with the objects of the training picture whose small grey copy is nearest."""
    known, wanted = (small_copies.points(one["image"].to_list()) for one in (train, split))
    square = (known**2).sum(axis=1)
    parts = [wanted[at : at + NEIGHBOURS] for at in range(0, len(wanted), NEIGHBOURS)]
    closest = np.concatenate([(square[None] - 2 * part @ known.T).argmin(axis=1) for part in parts])
    objects = data.truth(train, labels)[closest]
    objects[:, :, 1:] *= (sizes(split) / sizes(train)[closest])[:, None, :]
    return told_so(objects)


def told_so(objects: Floats) -> Arrays:
    """Return objects (see `data.truth`) as the answers of one who is sure of them."""
    there = objects[:, :, 0] > 0
    kinds = objects[:, :, 0].astype(np.int64)
    return {"boxes": objects[:, :, 1:], "scores": there * SURE, "classes": kinds, "told": there}
