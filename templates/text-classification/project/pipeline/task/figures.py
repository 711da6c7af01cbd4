"""Draw what evaluation found: confusion, calibration, each class, comparison with baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.per_class import of_class
from pipeline.reporting import charts
from pipeline.reporting.classification_metrics import calibration, confusion

WORST = 20
"""Errors that are listed."""


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
    texts = [int((truth == index).sum()) for index in range(len(labels))]
    rows = [(label, *f1[label], count) for label, count in zip(labels, texts, strict=True)]
    columns = ["class", "f1", "low", "high", "texts"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(tables / "classes.csv")
    errors(frame, truth, answered, probabilities, labels).write_csv(tables / "errors.csv")

    charts.confusion(matrix, labels, pictures / "confusion.png")
    charts.calibration(calibration(truth, probabilities), values["ece"], pictures / "calibration.png")
    charts.bars(f1, "F1 of each class, with its 95% interval", pictures / "classes.png")
    beside = {name: (found["macro_f1"],) * 3 for name, found in baselines.items()}
    compared = {"this model": bounded("macro_f1")} | {NAMES[name]: value for name, value in beside.items()}
    charts.bars(compared, "Macro F1 beside simple baselines", pictures / "baselines.png")


NAMES = {"trivial": "most frequent class", "tfidf": "TF-IDF + logistic"}


def errors(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.int64],
    answered: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    labels: tuple[str, ...],
) -> pl.DataFrame:
    """List the wrong answers that were most certain."""
    wrong = np.flatnonzero(truth != answered)
    sure = probabilities.max(axis=1)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    texts = frame["text"].to_list()
    columns = {
        "id": [frame["id"][int(index)] for index in worst],
        "actual": [labels[truth[index]] for index in worst],
        "predicted": [labels[answered[index]] for index in worst],
        "score": [round(float(sure[index]), 4) for index in worst],
        "text": [" ".join(texts[index].split())[:300] for index in worst],
    }
    return pl.DataFrame(columns, schema_overrides={"id": pl.String, "actual": pl.String, "text": pl.String})
