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


def test_what_helps_by_chance_on_few_rows_is_left_out() -> None:
    """Honest probabilities of six classes: whatever seems to help on 33 rows is luck, and mostly hurts on others."""
    import torch
    from pipeline.reporting.classification_metrics import log_loss
    from pipeline.task.calibration import Calibration, fit

    left = 0
    for seed in range(8):
        chance = np.random.default_rng(seed)
        logits = chance.normal(scale=1.5, size=(2033, 6))
        honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        truth = np.array([chance.choice(6, p=row) for row in honest])
        found = fit(honest[:33], truth[:33], shifted=True)
        left += found == Calibration()
        rest = found(torch.from_numpy(honest[33:])).numpy()
        assert log_loss(truth[33:], rest) < 1.1 * log_loss(truth[33:], honest[33:])
    assert left >= 6


def test_what_weights_moved_is_moved_back_on_few_rows_too() -> None:
    import torch
    from pipeline.reporting.classification_metrics import log_loss
    from pipeline.task.calibration import fit

    honest, truth = rare(1200)
    weighted = honest / honest.mean(axis=0)
    weighted /= weighted.sum(axis=1, keepdims=True)
    few, rest = slice(0, 80), slice(80, None)
    found = fit(weighted[few], truth[few], shifted=True, distorted=True)(torch.from_numpy(weighted[rest])).numpy()
    shares = np.tile(np.bincount(truth) / len(truth), (len(found), 1))
    assert log_loss(truth[rest], found) < 1.05 * log_loss(truth[rest], shares) < log_loss(truth[rest], weighted[rest])
