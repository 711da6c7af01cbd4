"""What is measured of a classifier of rows, and how good simple baselines are on the same rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting.classification_metrics import Floats, Integers, confusion, scores
from pipeline.tables import linear_features
from pipeline.task import data


def measure(truth: Integers, answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs."""
    probabilities = np.asarray(answers["probabilities"], dtype=np.float64)
    found = scores(truth, probabilities, labels)
    matrix = confusion(truth, probabilities.argmax(axis=1), len(labels)).astype(float)
    return found | detection(matrix) | agreement(matrix) | {"average_precision": precisions(truth, probabilities)}


def counted(classes: int) -> Sequence[int]:
    """List the classes whose detection counts: the last one of two, all of more."""
    return [1] if classes == 2 else range(classes)


def detection(matrix: Floats) -> dict[str, float]:
    """Return what the counts by true (rows) and answered class tell of finding classes, averaged over `counted`."""
    hits, actual, said, rows = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    false = said - hits
    each = {
        "precision": hits / np.maximum(said, 1),
        "recall": hits / np.maximum(actual, 1),
        "f1": 2 * hits / np.maximum(actual + said, 1),
        "fpr": false / np.maximum(rows - actual, 1),
    }
    chosen = [index for index in counted(len(matrix)) if actual[index] + said[index] > 0]
    found = {name: float(values[chosen].mean()) if chosen else 0.0 for name, values in each.items()}
    present = actual > 0
    balanced = float(each["recall"][present].mean())
    return found | {"specificity": 1 - found["fpr"], "balanced_accuracy": balanced}


def agreement(matrix: Floats) -> dict[str, float]:
    """Return Cohen's kappa, and the correlation of Matthews for any number of classes (Gorodkin 2004)."""
    rows, actual, said = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    right, chance = np.trace(matrix) / rows, (actual @ said) / rows**2
    spread = np.sqrt((rows**2 - said @ said) * (rows**2 - actual @ actual))
    correlation = (np.trace(matrix) * rows - actual @ said) / spread if spread else 0.0
    return {"kappa": float((right - chance) / (1 - chance)) if chance < 1 else 0.0, "mcc": float(correlation)}


def precisions(truth: Integers, probabilities: Floats) -> float:
    """Return the precision averaged over recall, for the classes of `counted` that are there."""
    found = []
    for index in counted(probabilities.shape[1]):
        positive = truth == index
        if positive.any():
            order = np.argsort(-probabilities[:, index], kind="stable")
            ordered, hits = probabilities[order, index], np.cumsum(positive[order])
            last = np.append(ordered[1:] != ordered[:-1], True)
            precision, recall = (hits / np.arange(1, len(hits) + 1))[last], hits[last] / hits[-1]
            found.append(float((np.diff(recall, prepend=0) * precision).sum()))
    return float(np.mean(found)) if found else 0.0


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no trees and no network: the class shares, and logistic regression."""
    from sklearn.linear_model import LogisticRegression

    known, truth = data.truth(train, labels), data.truth(split, labels)
    shares = np.bincount(known, minlength=len(labels)) / len(known)
    seen, held = linear_features.designs(train, split, Path("build/artifact"))
    regression = LogisticRegression(max_iter=500, tol=1e-4)
    regression.fit(seen, known)
    learned = np.zeros((len(truth), len(labels)))
    learned[:, regression.classes_] = regression.predict_proba(held)
    answers = {"trivial": np.tile(shares, (len(truth), 1)), "logistic": learned}
    return {name: measure(truth, {"probabilities": values}, labels) for name, values in answers.items()}
