"""What rows do not define is no number, of every task, and each measures an answer that looks at nothing beside it."""

import ast
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests import needs
from tests.templates import folders
from trainerspec import assets

needs.packages("torch")

NUMBERS = "tabular-regression"
MEASURES = assets.folder("templates").glob("*/project/pipeline/task/metrics.py")


def measured(
    folder: Path, task: str, truth: np.ndarray, answers: Mapping[str, np.ndarray]
) -> tuple[set[str], set[str]]:
    """Return the names of a task's metrics that are no numbers, and of those that UNDEFINED explains."""
    with folders.importable(folders.modules(folder, task)):
        from pipeline.task import metrics

        found = metrics.measure(truth, answers, ("a", "b"))
        return {name for name, value in found.items() if np.isnan(value)}, set(metrics.UNDEFINED)


@pytest.mark.parametrize(
    ("truth", "undefined"),
    [([0.0, 0.0], {"mape", "r2"}), ([7.0, 7.0], {"r2"}), ([0.0, 4.0], set())],
    ids=["zeros", "constant", "numbers"],
)
def test_numbers(tmp_path: Path, truth: list[float], undefined: set[str]) -> None:
    there = np.array(truth)
    found, told = measured(tmp_path, NUMBERS, there, {"value": there, "interval": np.stack([there, there], axis=1)})
    assert found == undefined <= told


@pytest.mark.parametrize(("truth", "undefined"), [([0, 0], {"auroc"}), ([0, 1], set())], ids=["one class", "two"])
def test_classes_of_texts(tmp_path: Path, truth: list[int], undefined: set[str]) -> None:
    found, told = measured(tmp_path, "text-classification", np.array(truth), {"probabilities": np.eye(2)[truth]})
    assert found == undefined <= told


def test_spans_of_texts_without_words(tmp_path: Path) -> None:
    empty = np.zeros((2, 3), np.int16)
    found, told = measured(tmp_path, "token-classification", empty, {"tags": empty})
    assert found == {"token_accuracy"} <= told


@pytest.mark.parametrize(
    ("side", "undefined"),
    [
        (0, {"map", "map50", "map75", "map_small", "map_medium", "map_large", "recall"}),
        (40, {"map_small", "map_large"}),
    ],
    ids=["none", "medium"],
)
def test_objects_of_no_or_one_size(tmp_path: Path, side: int, undefined: set[str]) -> None:
    there = np.array([[[1.0 if side else 0.0, 0.0, 0.0, side, side]]])
    given = {"boxes": there[:, :, 1:], "scores": there[:, :, 0], "classes": there[:, :, 0], "told": there[:, :, 0] > 0}
    found, told = measured(tmp_path, "object-detection", there, given)
    assert found == undefined <= told


def test_training_of_numbers_does_not_begin_with_a_metric_that_cannot_choose(tmp_path: Path) -> None:
    with folders.importable(folders.modules(tmp_path, NUMBERS)):
        from pipeline import train
        from pipeline.base.failure import Failure
        from pipeline.task.model import Scale

        how = SimpleNamespace(metric="mape")
        with pytest.raises(Failure, match="`mape` is not defined on the validation split: all true values are 0"):
            train.judged(np.zeros(3), Scale(center=0.0, spread=1.0), how)


@pytest.mark.parametrize("path", MEASURES, ids=lambda path: path.parents[3].name)
def test_every_baseline_has_one_that_looks_at_no_input(path: Path) -> None:
    """The gate says beside each verdict what an answer of that name reaches."""
    parsed = ast.parse(path.read_text())
    made = [one for one in parsed.body if isinstance(one, ast.FunctionDef) and one.name == "baselines"]
    texts = {node.value for one in made for node in ast.walk(one) if isinstance(node, ast.Constant)}
    assert "trivial" in texts or "text-to-image" in path.parts, "it answers with pictures that nothing simple makes"
