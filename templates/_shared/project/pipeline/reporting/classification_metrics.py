"""Score probabilities of classes against the truth: accuracy, F1, ranking and calibration, in numpy alone."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.base.verdict import of_class

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.int64]
BINS = 10
"""Bins of the calibration error (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
UNDEFINED = {"auroc": "all rows are of one class, which nothing ranks before another"}
"""When metrics are no numbers."""


def scores(
    truth: Integers, probabilities: Floats, labels: Sequence[str], decided: Integers | None = None
) -> dict[str, float]:
    """Return all metrics of the task, and those of each class (`recall.fraud`).

    `decided` are the classes that are answered, where these are not the likeliest ones.

    A class that is in neither truth nor answers counts in no average; one that is not in the truth has no recall, and
    one that is not beside others no average precision. Where all rows are of one class the AUROC is NaN.
    """
    classes = len(labels)
    answers = probabilities.argmax(axis=1) if decided is None else decided
    matrix = confusion(truth, answers, classes)
    hits, actual, said = np.diag(matrix).astype(float), matrix.sum(axis=1), matrix.sum(axis=0)
    precision = hits / np.maximum(said, 1)
    recall = hits / np.maximum(actual, 1)
    f1 = 2 * hits / np.maximum(actual + said, 1)
    there = (actual + said) > 0
    areas = rankings(truth, probabilities)
    values = {
        "accuracy": float(hits.sum() / len(truth)),
        "macro_f1": float(f1[there].mean()),
        "weighted_f1": float((f1 * actual).sum() / len(truth)),
        "macro_precision": float(precision[there].mean()),
        "macro_recall": float(recall[there].mean()),
        "min_f1": float(f1[there].min()),
        "auroc": float(np.mean([area for area, _ in areas.values()])) if areas else np.nan,
        "log_loss": log_loss(truth, probabilities),
        "ece": calibration_error(truth, probabilities),
    }
    for index, label in enumerate(labels):
        values |= {of_class("f1", label): float(f1[index]), of_class("precision", label): float(precision[index])}
        if actual[index]:
            values[of_class("recall", label)] = float(recall[index])
        if index in areas:
            values[of_class("average_precision", label)] = areas[index][1]
    return values


def log_loss(truth: Integers, probabilities: Floats) -> float:
    """Return the mean of -log of the probability that the true class gets."""
    chosen = np.clip(probabilities[np.arange(len(truth)), truth].astype(float), 1e-12, 1.0)
    return float(-np.log(chosen).mean())


def confusion(truth: Integers, answers: Integers, classes: int) -> Integers:
    """Count answers by true class (rows) and answered class (columns)."""
    return np.bincount(truth * classes + answers, minlength=classes * classes).reshape(classes, classes)


def rankings(truth: Integers, probabilities: Floats) -> dict[int, tuple[float, float]]:
    """Return two areas of each class that is there beside others, one against the rest.

    The rank statistic of Mann and Whitney, in which ties count half, and the precision averaged over recall: its step
    at each distinct probability, without interpolation.
    """
    found: dict[int, tuple[float, float]] = {}
    for index in range(probabilities.shape[1]):
        positive = truth == index
        count = int(positive.sum())
        if 0 < count < len(truth):
            scores, place = np.unique(probabilities[:, index], return_inverse=True)
            times = np.bincount(place, minlength=len(scores))
            right = np.bincount(place, weights=positive, minlength=len(scores))
            ranks = np.cumsum(times) - (times - 1) / 2
            area = ((ranks * right).sum() - count * (count + 1) / 2) / (count * (len(truth) - count))
            hits, taken = np.cumsum(right[::-1]), np.cumsum(times[::-1])
            found[index] = (float(area), float((right[::-1] / count * hits / taken).sum()))
    return found


def calibration(truth: Integers, probabilities: Floats) -> list[tuple[float, float, int]]:
    """Return mean confidence, accuracy and count of each bin that is not empty."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    masks = [places == index for index in range(BINS)]
    return [(float(confidence[m].mean()), float(right[m].mean()), int(m.sum())) for m in masks if m.any()]


def calibration_error(truth: Integers, probabilities: Floats) -> float:
    """Return the expected calibration error: the bins' mean distance of confidence and accuracy."""
    bins = calibration(truth, probabilities)
    return sum(abs(confidence - accuracy) * count for confidence, accuracy, count in bins) / len(truth)
