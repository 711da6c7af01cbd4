"""What every classifier's evaluation draws: confusion, ranking, calibration, each class, baselines, worst errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.evaluating import ranking
from pipeline.reporting import charts, spreadsheets
from pipeline.reporting.classification_metrics import calibration, confusion


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers to one split, and what was measured of them."""

    truth: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    values: Mapping[str, float]
    bounds: Mapping[str, float]
    """`<metric>.low` and `<metric>.high` of the 95% intervals."""
    decided: npt.NDArray[np.int64] | None = None
    """The classes that are answered, where these are not the likeliest ones."""

    @property
    def answered(self) -> npt.NDArray[np.int64]:
        """The class that is answered, as its place in `labels`: the one with the highest score, if nothing decides."""
        if self.decided is not None:
            return self.decided
        places: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return places

    def bounded(self, name: str) -> tuple[float, float, float]:
        """Return a metric with the bounds of its interval."""
        return self.values[name], self.bounds[f"{name}.low"], self.bounds[f"{name}.high"]


def draw(found: Answers, examples: str, tables: Path, pictures: Path, positive: str | None = None) -> None:
    """Write confusion, classes and ranking as tables and pictures, and the calibration.

    `examples` names what is counted, `positive` the class that is looked for.
    """
    labels = found.labels
    matrix = confusion(found.truth, found.answered, len(labels))
    pairs = [(labels[row], labels[column], int(matrix[row, column])) for row, column in np.ndindex(matrix.shape)]
    spreadsheets.write(
        pl.DataFrame(pairs, schema=["actual", "predicted", "count"], orient="row"), tables / "confusion.csv"
    )
    f1 = {label: found.bounded(of_class("f1", label)) for label in labels}
    spreadsheets.write(classes(found, examples), tables / "classes.csv")
    charts.confusion(matrix, labels, pictures / "confusion.png")
    charts.calibration(calibration(found.truth, found.probabilities), found.values["ece"], pictures / "calibration.png")
    charts.bars(f1, "F1 of each class, with its 95% interval", pictures / "classes.png")
    ranking.draw(found.truth, found.probabilities, labels, positive, tables, pictures)


def classes(found: Answers, examples: str) -> pl.DataFrame:
    """Return each class with its F1 and its interval, precision, recall and average precision, and its rows."""
    rows = []
    for index, label in enumerate(found.labels):
        value, low, high = found.bounded(of_class("f1", label))
        row: dict[str, object] = {"class": label, "f1": value, "low": low, "high": high}
        for name in ("precision", "recall", "average_precision"):
            row[name.replace("_", " ")] = found.values.get(of_class(name, label))
        rows.append(row | {examples: int((found.truth == index).sum())})
    return pl.DataFrame(rows)


def compare(
    found: Answers, metric: str, title: str, baselines: Mapping[str, Mapping[str, float]], picture: Path
) -> None:
    """Draw a metric of the model, with its interval, beside the baselines', by their names for people.

    Nothing where the rows do not define it.
    """
    if metric not in found.values:
        return
    beside = {name: (values[metric],) * 3 for name, values in baselines.items()}
    charts.bars({"this model": found.bounded(metric)} | beside, title, picture)


def worst(found: Answers, most: int) -> list[int]:
    """Return the rows of the wrong answers that were most certain, the most certain first."""
    sure = found.probabilities.max(axis=1)
    wrong = np.flatnonzero(found.truth != found.answered)
    rows: list[int] = wrong[np.argsort(-sure[wrong], kind="stable")][:most].tolist()
    return rows


def errors(frame: pl.DataFrame, found: Answers, rows: Sequence[int]) -> pl.DataFrame:
    """List some answers: id, actual, predicted and score."""
    sure, answered = found.probabilities.max(axis=1), found.answered
    columns = {
        "actual": [found.labels[found.truth[row]] for row in rows],
        "predicted": [found.labels[answered[row]] for row in rows],
        "score": [round(float(sure[row]), 4) for row in rows],
    }
    texts = dict.fromkeys(("actual", "predicted"), pl.String)
    return frame[list(rows)].select("id").hstack(pl.DataFrame(columns, schema_overrides=texts))
