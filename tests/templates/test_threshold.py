"""The threshold keeps what was asked for on rows that it was not chosen on, and answers by what mistakes cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def settings(threshold: object, *objectives: tuple[str, float], **options: object) -> Any:
    from pipeline.base.params import Params

    told = [{"metric": metric, "class": metric.partition(".")[2], "bound": bound} for metric, bound in objectives]
    tree = {"labels": ["no", "yes"], "positive": "yes", "options": options, "objectives": told}
    return Params({**tree, "model": {"threshold": threshold}})  # type: ignore[arg-type]


def churn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return classes, 6 percent of the second, and honest probabilities."""
    chance = np.random.default_rng(seed)
    second = 1 / (1 + np.exp(-(1.6 * chance.normal(size=rows) - 3.6)))
    truth = (chance.random(rows) < second).astype(np.int64)
    return truth, np.stack([1 - second, second], axis=1)


def recall(truth: np.ndarray, probabilities: np.ndarray, value: float) -> float:
    return float((probabilities[truth == 1, 1] >= value).mean())


def test_a_bound_on_recall_holds_on_other_rows() -> None:
    from pipeline.task.threshold import choose

    held = []
    for seed in range(60):
        found = choose(settings("bounds", ("recall.yes", 0.8)), *churn(1800, seed), None)
        assert found.value is not None
        assert found.place == 1
        held.append(recall(*churn(1800, 1000 + seed), found.value))
    assert np.mean(np.array(held) >= 0.75) >= 0.95
    assert np.mean(np.array(held) >= 0.8) >= 0.75
    assert "recall" in found.told
    assert "with a margin" in found.told


def test_of_those_that_keep_it_the_most_precise_is_taken() -> None:
    from pipeline.evaluating.operating_points import points
    from pipeline.task.threshold import Bound, best

    truth, probabilities = churn(3000, 3)
    found = points(truth == 1, probabilities[:, 1])
    at, _ = best(found, [Bound(rate="recall", least=0.7)])
    kept = Bound(rate="recall", least=0.7).kept(found, sure=True)
    assert found.rate("precision")[at] == found.rate("precision")[kept].max()
    low, _ = best(found, [Bound(rate="fpr", least=0.05)])
    assert found.rate("fpr")[low] <= 0.05
    assert found.rate("recall")[low] > 0.2
    _, how = best(found, [Bound(rate="recall", least=0.9), Bound(rate="precision", least=0.9)])
    assert "no threshold" in how


def test_costs_make_the_threshold() -> None:
    from pipeline.task.threshold import choose

    truth, probabilities = churn(4000, 5)
    found = choose(settings("costs", costs={"missed": 9, "false_alarm": 1}), truth, probabilities, None)
    assert found.value == pytest.approx(0.1)

    def cost(value: float) -> float:
        said = probabilities[:, 1] >= value
        return float((9 * (~said & (truth == 1)) + (said & (truth == 0))).mean())

    assert cost(0.1) < min(cost(0.5), cost(0.02))


def test_a_threshold_needs_something_to_follow_from() -> None:
    from pipeline.base.failure import Failure
    from pipeline.task.threshold import choose

    with pytest.raises(Failure, match="what mistakes cost"):
        choose(settings("costs"), *churn(100, 1), None)
    assert choose(settings("bounds", ("accuracy", 0.9)), *churn(100, 1), None).value is None


def test_a_bound_of_the_other_class_is_one_of_this() -> None:
    from pipeline.task.threshold import choose

    truth, probabilities = churn(1800, 4)
    found = choose(settings("bounds", ("recall.no", 0.9)), truth, probabilities, None)
    assert found.value is not None
    assert (probabilities[truth == 0, 1] < found.value).mean() >= 0.9
    mirrored = choose(settings("bounds", ("fpr.no", 0.2)), truth, probabilities, None)
    assert mirrored == choose(settings("bounds", ("recall.yes", 0.8)), truth, probabilities, None)


def test_answers_follow_it_in_every_place(tmp_path: Path) -> None:
    from pipeline.task import metrics, processing
    from pipeline.task.processing import Column, Processor

    processor = Processor([Column(name="x", kind="number")], ("a", "b", "c"), (1, 0.3))
    processing.save(processor, tmp_path)
    outputs = {"probabilities": np.array([[0.6, 0.3, 0.1], [0.5, 0.2, 0.3], [0.1, 0.29, 0.61]], np.float32)}
    loaded = processing.load(tmp_path)
    assert loaded.decode(outputs, {})["label"] == ["b", "a", "c"]
    settled = loaded.settle(outputs, {})
    assert settled["decided"].tolist() == [1, 0, 2]
    assert metrics.measure(np.array([1, 0, 2]), settled, ("a", "b", "c"))["accuracy"] == 1.0
    assert metrics.measure(np.array([1, 0, 2]), outputs, ("a", "b", "c"))["accuracy"] == pytest.approx(2 / 3)


def test_of_two_classes_calibration_leaves_the_answers_of_another_metric() -> None:
    """Weights that balance the classes for F1 end in honest probabilities, and in the answers that they were for."""
    import torch
    from pipeline.reporting.classification_metrics import log_loss
    from pipeline.task import calibration

    truth, honest = churn(4000, 9)
    weighted = honest / honest.mean(axis=0)
    weighted /= weighted.sum(axis=1, keepdims=True)
    found = calibration.fit(weighted, truth, shifted=True)
    made = found(torch.from_numpy(weighted)).numpy()
    shares = np.tile(np.bincount(truth) / len(truth), (len(truth), 1))
    assert log_loss(truth, weighted) > log_loss(truth, shares) > log_loss(truth, made)
    even = calibration.even(found, "macro_f1")
    assert even is not None
    assert ((made[:, 1] >= even) == (weighted[:, 1] >= 0.5)).all()
    assert calibration.even(found, "log_loss") is None
