"""Draw what evaluation found: confusion, calibration, each class, comparison with baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.evaluating import classification_figures
from pipeline.evaluating.classification_figures import Answers
from pipeline.reporting import spreadsheets
from pipeline.task import data

WORST = 20
"""Errors that are listed."""
NAMES = {"trivial": "most frequent class", "tfidf": "TF-IDF + logistic"}


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
    found = Answers(truth=truth, probabilities=probabilities, labels=labels, values=values, bounds=bounds)
    classification_figures.draw(found, "texts", tables, pictures)
    beside = {NAMES[name]: measured for name, measured in baselines.items()}
    title = "Macro F1 beside simple baselines"
    classification_figures.compare(found, "macro_f1", title, beside, pictures / "baselines.png")
    spreadsheets.write(errors(frame, found), tables / "errors.csv")


def errors(frame: pl.DataFrame, found: Answers) -> pl.DataFrame:
    """List the wrong answers that were most certain, each with the beginning of its text."""
    rows = classification_figures.worst(found, WORST)
    texts = [" ".join(text.split())[:300] for text in data.texts(frame[rows])]
    return classification_figures.errors(frame, found, rows).with_columns(pl.Series("text", texts, dtype=pl.String))
