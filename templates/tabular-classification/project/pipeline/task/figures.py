"""Draw what evaluation found: confusion, calibration, each class, each column, baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.per_class import of_class
from pipeline.graph.inference import Arrays
from pipeline.reporting import charts
from pipeline.reporting.classification_metrics import calibration, confusion
from pipeline.tables import permutation_importance
from pipeline.task import processing

WORST = 20
"""Errors that are listed."""
NAMES = {"trivial": "class shares", "logistic": "logistic regression"}


def draw(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.int64],
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    probabilities = np.asarray(answers["probabilities"], dtype=np.float64)
    answered = probabilities.argmax(axis=1)
    matrix = confusion(truth, answered, len(labels))
    pairs = [(labels[row], labels[column], int(matrix[row, column])) for row, column in np.ndindex(matrix.shape)]
    pl.DataFrame(pairs, schema=["actual", "predicted", "count"], orient="row").write_csv(tables / "confusion.csv")

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    f1 = {label: bounded(of_class("f1", label)) for label in labels}
    rows = [(label, *f1[label], int((truth == index).sum())) for index, label in enumerate(labels)]
    pl.DataFrame(rows, schema=["class", "f1", "low", "high", "rows"], orient="row").write_csv(tables / "classes.csv")
    errors(frame, truth, probabilities, labels).write_csv(tables / "errors.csv")
    charts.confusion(matrix, labels, pictures / "confusion.png")
    charts.calibration(calibration(truth, probabilities), values["ece"], pictures / "calibration.png")
    charts.bars(f1, "F1 of each class, with its 95% interval", pictures / "classes.png")
    compared = {"this model": bounded("auroc")}
    compared |= {NAMES[name]: (found["auroc"],) * 3 for name, found in baselines.items()}
    charts.bars(compared, "Area under the ROC curve beside simple baselines", pictures / "baselines.png")

    def loss(found: Arrays, part: slice) -> float:
        chosen = np.asarray(found["probabilities"], dtype=np.float64)
        return float(-np.log(np.clip(chosen[np.arange(len(chosen)), truth[part]], 1e-12, 1)).mean())

    permutation_importance.draw(
        frame,
        processing.load(permutation_importance.ARTIFACT),
        loss,
        "logarithmic loss",
        tables / "columns.csv",
        pictures / "columns.png",
    )


def errors(
    frame: pl.DataFrame, truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], labels: tuple[str, ...]
) -> pl.DataFrame:
    """List the wrong answers that were most certain, with the columns that were read."""
    answered, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(truth != answered)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    told = {
        "actual": [labels[truth[index]] for index in worst],
        "predicted": [labels[answered[index]] for index in worst],
        "score": [round(float(sure[index]), 4) for index in worst],
    }
    texts = {"actual": pl.String, "predicted": pl.String}
    read: pl.DataFrame = frame[worst.tolist()].drop("label", "key")
    return read.select("id").hstack(pl.DataFrame(told, schema_overrides=texts)).hstack(read.drop("id"))
