"""Calibration undoes what class weights did, and is left out where it does not help."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import needs
from tests.templates import folders

needs.packages("torch")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.modules(tmp_path_factory.mktemp("modules"), "tabular-classification")


@pytest.fixture(autouse=True)
def _pipeline(modules: Path) -> Iterator[None]:
    with folders.importable(modules):
        yield


def rare(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return honest probabilities of two classes, 6 percent of the rows in the second, and classes drawn from them."""
    chance = np.random.default_rng(2)
    second = 1 / (1 + np.exp(-(chance.normal(size=rows) - 3)))
    return np.stack([1 - second, second], axis=1), (chance.random(rows) < second).astype(np.int64)


def test_it_undoes_class_weights_where_probabilities_are_asked_for() -> None:
    import torch
    from pipeline.reporting.classification_metrics import log_loss
    from pipeline.task.calibration import fit

    honest, truth = rare(4000)
    weighted = honest / honest.mean(axis=0)
    weighted /= weighted.sum(axis=1, keepdims=True)
    alone = log_loss(truth, np.tile(np.bincount(truth) / len(truth), (len(truth), 1)))
    assert log_loss(truth, weighted) > alone, "worse than the classes' shares"
    found = fit(weighted, truth, shifted=True)(torch.from_numpy(weighted)).numpy()
    assert log_loss(truth, found) == pytest.approx(log_loss(truth, honest), abs=0.003)
    assert log_loss(truth, found) < alone
    kept = fit(weighted, truth, shifted=False)(torch.from_numpy(weighted)).numpy()
    assert np.array_equal(kept.argmax(axis=1), weighted.argmax(axis=1)), "no shift where classes are asked for"


def test_few_honest_rows_are_left_alone(tmp_path: Path) -> None:
    from pipeline.task import calibration
    from pipeline.task.calibration import Calibration

    assert calibration.fit(np.eye(2)[[0, 1]], np.array([0, 1]), shifted=True) == Calibration()
    assert calibration.load(tmp_path) == Calibration(), "a model of one's own has none"
    found = Calibration(scale=0.5, shifts=(0.25, -0.25))
    calibration.save(found, tmp_path)
    assert calibration.load(tmp_path) == found
