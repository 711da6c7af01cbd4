"""Draw what evaluation found: confusion, calibration, each class, each column, baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import params
from pipeline.evaluating import classification_figures, operating_points
from pipeline.evaluating.classification_figures import Answers
from pipeline.graph.inference import Arrays
from pipeline.reporting import spreadsheets
from pipeline.tables import permutation_importance
from pipeline.task import processing, threshold

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
    decided = np.asarray(answers["decided"], dtype=np.int64) if "decided" in answers else None
    found = Answers(
        truth=truth, probabilities=probabilities, labels=labels, values=values, bounds=bounds, decided=decided
    )
    positive = params.load().value("positive")
    wanted = positive if isinstance(positive, str) else None
    classification_figures.draw(found, "rows", tables, pictures, wanted)
    beside = {NAMES[name]: measured for name, measured in baselines.items()}
    title = "Area under the ROC curve beside simple baselines"
    classification_figures.compare(found, "auroc", title, beside, pictures / "baselines.png")
    operate(found, tables, pictures)
    spreadsheets.write(errors(frame, found), tables / "errors.csv")

    def loss(given: Arrays, part: slice) -> float:
        chosen = np.asarray(given["probabilities"], dtype=np.float64)
        return float(-np.log(np.clip(chosen[np.arange(len(chosen)), truth[part]], 1e-12, 1)).mean())

    permutation_importance.draw(
        frame,
        processing.load(permutation_importance.ARTIFACT),
        loss,
        "logarithmic loss",
        tables / "columns.csv",
        pictures / "columns.png",
    )


def operate(found: Answers, tables: Path, pictures: Path) -> None:
    """Show what other thresholds on the positive class would give."""
    settings = params.load()
    label = settings.value("positive")
    if isinstance(label, str):
        place, used = found.labels.index(label), processing.load(permutation_importance.ARTIFACT).threshold
        rows = operating_points.points(found.truth == place, found.probabilities[:, place])
        costs = threshold.of_mistakes(settings)
        operating_points.draw(rows, label, used[1] if used else None, costs, tables, pictures)


def errors(frame: pl.DataFrame, found: Answers) -> pl.DataFrame:
    """List the wrong answers that were most certain, with the columns that were read."""
    rows = classification_figures.worst(found, WORST)
    listed = classification_figures.errors(frame, found, rows)
    read: pl.DataFrame = frame[rows].drop("id", "label", "key")
    return listed.hstack(read.rename({name: f"{name}.read" for name in read.columns if name in listed.columns}))
