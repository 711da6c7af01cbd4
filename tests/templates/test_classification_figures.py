"""What every classifier's evaluation draws and lists."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests import needs

pytestmark = pytest.mark.usefixtures("pipeline")
LABELS = ("no", "yes")
RANKED = ("roc.png", "precision_recall.png", "gains.png")


def answers():
    from pipeline.evaluating.classification_figures import Answers

    truth = np.array([0, 1, 1, 0])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    names = ("f1.no", "f1.yes", "macro_f1", "ece")
    values = dict.fromkeys(names, 0.5)
    bounds = {f"{name}.{end}": 0.5 for name in names for end in ("low", "high")}
    return Answers(truth=truth, probabilities=probabilities, labels=LABELS, values=values, bounds=bounds)


def test_the_worst_errors_come_first() -> None:
    from pipeline.evaluating import classification_figures

    frame = pl.DataFrame({"id": ["a", "b", "c", "d"], "text": ["1", "2", "3", "4"]})
    found = answers()
    rows = classification_figures.worst(found, 5)
    assert rows == [1, 3]
    assert classification_figures.worst(found, 1) == [1]
    listed = classification_figures.errors(frame, found, rows)
    assert listed.rows() == [("b", "yes", "no", 0.8), ("d", "no", "yes", 0.7)]
    assert classification_figures.errors(frame, found, []).columns == listed.columns


def test_tables_and_pictures_are_written(tmp_path: Path) -> None:
    needs.packages("matplotlib")
    from pipeline.evaluating import classification_figures

    classification_figures.draw(answers(), "texts", tmp_path, tmp_path)
    classification_figures.compare(answers(), "macro_f1", "Title", {"plain": {"macro_f1": 0.4}}, tmp_path / "b.png")
    told = ["class", "f1", "low", "high", "precision", "recall", "average precision", "texts"]
    assert pl.read_csv(tmp_path / "classes.csv").columns == told
    assert pl.read_csv(tmp_path / "confusion.csv")["count"].to_list() == [1, 1, 1, 1]
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {"confusion.png", "calibration.png", "classes.png", "b.png", *RANKED}
