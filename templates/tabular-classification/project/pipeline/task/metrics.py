"""What is measured of a classifier of rows, and how good simple baselines are on the same rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.reporting import classification_metrics
from pipeline.reporting.classification_metrics import Floats, Integers, confusion, scores
from pipeline.task import data, processing

UNDEFINED = {
    **classification_metrics.UNDEFINED,
    **dict.fromkeys(
        ("average_precision", "fpr", "specificity", "kappa", "mcc"), "all rows are of one class, beside no other"
    ),
}
"""When metrics are no numbers."""


def measure(truth: Integers, answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs.

    What counts one class stands under the name of each (`recall.fraud`); of more than two classes also averaged.
    """
    probabilities = np.asarray(answers["probabilities"], dtype=np.float64)
    answered = np.asarray(answers.get("decided", probabilities.argmax(axis=1)), dtype=np.int64)
    found = scores(truth, probabilities, labels, answered)
    matrix = confusion(truth, answered, len(labels)).astype(float)
    return found | detection(matrix, found, labels) | agreement(matrix)


def detection(matrix: Floats, found: Mapping[str, float], labels: Sequence[str]) -> dict[str, float]:
    """Return what the counts by true (rows) and answered class tell of finding classes.

    `found` are the metrics of each class. Averages leave out classes that are in neither truth nor answers; there are
    none of two classes, where an average would hide which one is missed. A class of which all rows are has no false
    positives to count, and so no rate of them.
    """
    hits, actual, said, rows = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    rates = (said - hits) / np.maximum(rows - actual, 1)
    beside = [(label, float(rates[index])) for index, label in enumerate(labels) if actual[index] < rows]
    each = {of_class("fpr", label): rate for label, rate in beside}
    each |= {of_class("specificity", label): 1 - rate for label, rate in beside}
    recalls = hits / np.maximum(actual, 1)
    each["balanced_accuracy"] = float(recalls[actual > 0].mean())
    if len(labels) == 2:
        return each
    there = [label for index, label in enumerate(labels) if actual[index] + said[index] > 0]
    known = {**found, **each}
    for name in ("precision", "recall", "f1"):
        each[name] = float(np.mean([known.get(of_class(name, label), 0.0) for label in there]))
    one = (actual == rows).any()
    for name, least in (("fpr", there), ("specificity", there), ("average_precision", labels)):
        found_of = [known[key] for label in least if (key := of_class(name, label)) in known]
        each[name] = np.nan if one else float(np.mean(found_of))
    return each


def agreement(matrix: Floats) -> dict[str, float]:
    """Return Cohen's kappa, and the correlation of Matthews for any number of classes (Gorodkin 2004).

    NaN where all rows are of one class: no agreement is beyond chance.
    """
    rows, actual, said = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    if (actual == rows).any():
        return {"kappa": np.nan, "mcc": np.nan}
    right, chance = np.trace(matrix) / rows, (actual @ said) / rows**2
    spread = np.sqrt((rows**2 - said @ said) * (rows**2 - actual @ actual))
    correlation = (np.trace(matrix) * rows - actual @ said) / spread if spread else 0.0
    return {"kappa": float((right - chance) / (1 - chance)), "mcc": float(correlation)}


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no trees and no network: the class shares, and logistic regression."""
    from sklearn.linear_model import LogisticRegression

    from pipeline.tables import linear_features

    known, truth = data.truth(train, labels), data.truth(split, labels)
    shares = np.bincount(known, minlength=len(labels)) / len(known)
    seen, held = linear_features.designs(train, split, processing.load(Path("build/artifact")))
    regression = LogisticRegression(max_iter=500, tol=1e-4)
    regression.fit(seen, known)
    learned = np.zeros((len(truth), len(labels)))
    learned[:, regression.classes_] = regression.predict_proba(held)
    answers = {"trivial": np.tile(shares, (len(truth), 1)), "logistic": learned}
    return {name: measure(truth, {"probabilities": values}, labels) for name, values in answers.items()}
