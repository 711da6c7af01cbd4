"""Score sets of labels against the true ones: F1, precision and recall of all and of each, whole sets, ranking."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.base.verdict import of_class
from pipeline.reporting.classification_metrics import rankings

Sets = npt.NDArray[np.int64]
"""Texts x labels: 1 where a text carries a label."""
Floats = npt.NDArray[np.floating]
WHY = "no label stands in some texts and not in others, so that nothing ranks before another"
UNDEFINED = {"auroc": WHY, "macro_average_precision": WHY}
"""When metrics are no numbers."""


def scores(truth: Sets, probabilities: Floats, chosen: Sets, labels: Sequence[str]) -> dict[str, float]:
    """Return all metrics of the task, and those of each label (`recall.billing`).

    A label that is in neither truth nor answers counts in no average; one that is not in the truth has no recall. Where
    nothing is to be answered and nothing is, precision, recall and F1 are 1. Ranking is that of labels which stand in
    some texts and not in others; without any it is NaN.

    >>> truth, chosen = np.array([[1, 1], [0, 0]]), np.array([[1, 0], [0, 0]])
    >>> found = scores(truth, np.array([[0.9, 0.4], [0.1, 0.2]]), chosen, ["a", "b"])
    >>> round(found["micro_f1"], 3), found["subset_accuracy"], found["hamming_loss"], found["recall.b"]
    (0.667, 0.5, 0.25, 0.0)
    """
    hits, actual, said = ((one == 1).sum(axis=0).astype(float) for one in (truth & chosen, truth, chosen))
    precision, recall = (hits / np.maximum(count, 1) for count in (said, actual))
    f1 = 2 * hits / np.maximum(actual + said, 1)
    there = (actual + said) > 0
    areas = {place: rankings(truth[:, place], probabilities[:, [place, place]]).get(1) for place in range(len(labels))}
    known = {place: area for place, area in areas.items() if area is not None}
    values = {
        "micro_f1": share(2 * hits.sum(), actual.sum() + said.sum()),
        "macro_f1": mean(f1[there]),
        "micro_precision": share(hits.sum(), said.sum()) if said.any() or not actual.any() else 0.0,
        "micro_recall": share(hits.sum(), actual.sum()) if actual.any() or not said.any() else 0.0,
        "macro_precision": mean(precision[there]),
        "macro_recall": mean(recall[there]),
        "min_f1": float(f1[there].min()) if there.any() else 1.0,
        "subset_accuracy": float((truth == chosen).all(axis=1).mean()),
        "hamming_loss": float((truth != chosen).mean()),
        "auroc": float(np.mean([area for area, _ in known.values()])) if known else np.nan,
        "macro_average_precision": float(np.mean([area for _, area in known.values()])) if known else np.nan,
        "log_loss": log_loss(truth, probabilities),
    }
    for place, label in enumerate(labels):
        values |= {of_class("f1", label): float(f1[place]), of_class("precision", label): float(precision[place])}
        if actual[place]:
            values[of_class("recall", label)] = float(recall[place])
        if place in known:
            values[of_class("average_precision", label)] = known[place][1]
    return values


def share(part: float, whole: float) -> float:
    """Return a share; 1 of nothing."""
    return float(part / whole) if whole else 1.0


def mean(values: Floats) -> float:
    """Return the mean; 1 of nothing."""
    return float(values.mean()) if len(values) else 1.0


def log_loss(truth: Sets, probabilities: Floats) -> float:
    """Return the mean of -log of the probability of what is true, over all pairs of a text and a label."""
    right = np.where(truth == 1, probabilities, 1 - probabilities).astype(float)
    return float(-np.log(np.clip(right, 1e-12, 1.0)).mean())
