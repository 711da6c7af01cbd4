"""Trees, a linear model and a network as one: weighed by rows that none learnt from, kept, explained, in one graph."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests import needs
from tests.shared import once
from tests.templates import folders
from trainerspec.catalog.load import tasks

needs.packages("torch", "onnxruntime", "lightgbm")


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(
        tmp_path_factory, "ensemble", lambda folder: folders.emitted(folder, tasks()["tabular-classification"], {})
    )


def answers(chance: np.random.Generator, truth: np.ndarray, skill: float) -> np.ndarray:
    """Return probabilities of two classes that lean to the truth by `skill`, each with noise of its own."""
    logits = skill * (2 * truth - 1) + chance.normal(size=len(truth))
    second = 1 / (1 + np.exp(-logits))
    return np.column_stack([1 - second, second])


def test_what_errs_alone_shares_the_weight_and_what_knows_nothing_gets_none(emitted: Path) -> None:
    with folders.importable(emitted):
        from pipeline.tabular_models.ensembling.weighing import weigh

        chance = np.random.default_rng(0)
        truth = chance.integers(0, 2, 400)
        given = [answers(chance, truth, 1.0), answers(chance, truth, 1.0), answers(chance, truth, 0.0)]

        def losses(said: np.ndarray) -> np.ndarray:
            return np.asarray(-np.log(said[np.arange(len(truth)), truth]))

        weights = weigh(given, losses, 7)
        assert weights[2] == 0
        assert min(weights[:2]) > 0.3
        assert sum(weights) == pytest.approx(1, abs=1e-3)
        mixed = sum(weight * one for weight, one in zip(weights, given, strict=True))
        assert losses(np.asarray(mixed)).mean() < 0.98 * min(losses(one).mean() for one in given)
        assert weigh(given, losses, 7) == weights, "the same seed, the same weights"


def test_no_model_gets_all_the_weight_by_the_luck_of_few_rows(emitted: Path) -> None:
    """Of models that are as good, the one that is ahead on 40 rows is not taken alone."""
    with folders.importable(emitted):
        from pipeline.tabular_models.ensembling.weighing import weigh

        for seed in range(5):
            chance = np.random.default_rng(seed)
            truth = chance.normal(size=(40, 1))
            given = [truth + chance.normal(size=truth.shape) for _ in range(3)]
            weights = weigh(given, lambda said, truth=truth: (said[:, 0] - truth[:, 0]) ** 2, seed)  # type: ignore[misc]
            assert max(weights) < 0.75


def rows(seed: int, count: int) -> Any:
    """Return the columns and rows of a table whose classes follow a number and a category together."""
    from pipeline.tables.encoded_rows import encode
    from pipeline.task.processing import Column, Processor

    chance = np.random.default_rng(seed)
    number, place = chance.normal(size=count), chance.integers(0, 3, count)
    truth = (number + (place == 1) + chance.normal(scale=0.5, size=count) > 0.4).astype(int) + (place == 2)
    columns = [Column(name="x", kind="number"), Column(name="c", kind="category", values=("a", "b", "c"))]
    raw = {"x": np.where(chance.random(count) < 0.1, np.nan, number), "c": ["abc"[one] for one in place]}
    return columns, encode(Processor(columns, ()), raw, truth)


def test_one_graph_answers_what_the_trained_models_answer(emitted: Path, tmp_path: Path) -> None:
    with folders.importable(emitted):
        import onnx
        import torch
        from pipeline.base.params import Params
        from pipeline.base.progress import Progress
        from pipeline.export import export, opened
        from pipeline.tabular_models import contributions, tabular_model
        from pipeline.tabular_models.ensembling import refit, train_ensemble
        from pipeline.task.model import Served
        from pipeline.train import judged, surprise, ways
        from pipeline.training.recipe import Settings

        columns, train = rows(1, 300)
        _, held = rows(2, 150)
        slots = {"strategy": "ensemble", "members": 2, "leaves": 7, "least_rows": 5, "dropout": 0.0}
        settings = Params({"model": {"train": {**slots, "label_smoothing": 0.0}}, "compute": {"threads": 1}})
        how = Settings(
            epochs=12,
            batch_size=64,
            learning_rate=0.1,
            weight_decay=0.1,
            warmup=0.1,
            patience=10,
            precision="fp32",
            seed=7,
            metric="log_loss",
            better="lower",
        )
        processor: Any = SimpleNamespace(features=columns, labels=("a", "b", "c"))
        judge = judged(held.truth, ("a", "b", "c"), how)
        known = ways(processor, (train, held), judge, settings, torch.device("cpu"))
        losses = surprise(held.truth)
        say = Progress("train")
        fits = {name: way.fit for name, way in known.items()}
        found, history = train_ensemble.fit(columns, fits, losses, (train, held), judge, how, say, classes=True)
        each = [losses(train_ensemble.answers_of(one, held, classes=True)).mean() for one in found.singles]
        assert len(history.scores) == 1
        assert history.scores[0][1] <= min(each) + 0.01
        tabular_model.save(found, tmp_path)
        again = tabular_model.load(columns, tmp_path, "onnx")
        tensors = {"values": held.values.numpy(), "codes": held.codes.numpy()}
        ports = [{"name": name, "shape": [-1, len(columns)]} for name in tensors]
        path = tmp_path / "model.onnx"
        export(Served(again).eval(), tensors, ports, [{"name": "probabilities", "shape": [-1, 3]}], path)
        (said,) = opened(path, tensors, ports).run(None, tensors)
        with torch.inference_mode():
            assert np.abs(said - torch.exp(found(held.values, held.codes))[:, 0].numpy()).max() < 1e-5
        assert sum(node.op_type == "TreeEnsemble" for node in onnx.load(path).graph.node) == 1
        told = contributions.contributions(again, tmp_path, held, train)
        assert told.shape == (150, 3, 3)
        assert np.ptp(told[:, :, 2], axis=0).max() < 1e-5, "all rows start alike"
        same = refit.refit(known, found, history, columns, train, len(train), how, say)
        kept = [tabular_model.state(one) for one in found.singles]
        assert len(kept) > 1
        for before, after in zip(kept, map(tabular_model.state, tabular_model.singles(same)), strict=True):
            assert all(torch.equal(before[name], after[name]) for name in before), "the same rows, the same weights"
        more = refit.refit(known, found, history, columns, rows(3, 450)[1], len(train), how, say)
        assert more.weights == found.weights
        with torch.inference_mode():
            assert not torch.equal(more(held.values, held.codes), found(held.values, held.codes))


def test_the_validation_split_is_scored_by_what_was_answered_before_its_rows_were_learnt(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folders.importable(emitted):
        from pipeline.evaluate import held_out
        from pipeline.tables import held_out as kept
        from pipeline.task.processing import Column, Processor

        processor = Processor([Column(name="x", kind="number")], ("a", "b"))
        monkeypatch.setattr(kept, "MODEL", tmp_path)
        assert held_out("validation", processor, {"x": [1.0]}) is None, "the served graph has not learnt them"
        kept.save({"probabilities": np.array([[0.25, 0.75]], np.float32)}, tmp_path)
        found = held_out("validation", processor, {"x": [1.0]})
        assert found is not None
        assert found["probabilities"].tolist() == [[0.25, 0.75]]
        assert found["decided"].tolist() == [1]
        assert held_out("test", processor, {"x": [1.0]}) is None


def test_trials_share_the_network_but_not_one_of_another_form(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folders.importable(emitted):
        import torch
        from pipeline.base import params
        from pipeline.base.progress import Progress
        from pipeline.tabular_models import network
        from pipeline.tabular_models.ensembling import kept_network
        from pipeline.training.recipe import History, Settings

        monkeypatch.chdir(tmp_path)
        (tmp_path / "params.yaml").write_text("model: {train: {seed: 7}}\n")
        columns, train = rows(1, 60)
        how = Settings(seed=7, metric="log_loss", better="lower", asked={})
        trained: list[network.Network] = []

        def fitted(_: Settings, __: Progress) -> tuple[network.Network, History]:
            made = network.Network(columns, 3, 2, 0.0)
            made.learn(train.values, train.codes)
            trained.append(made.eval())
            return trained[-1], History(seconds=1.5, kept={"network": 4})

        def kept() -> tuple[network.Network, History]:
            return kept_network.kept_network(fitted, columns, (train, train), how, Progress("train"))

        kept()
        kept()
        assert len(trained) == 2, "a training that is no trial always trains"
        monkeypatch.setenv(params.TRIAL, "params.yaml")
        first, again = kept(), kept()
        assert len(trained) == 3
        assert (again[1].seconds, again[1].kept) == (1.5, {"network": 4})
        before, after = network.state(first[0]), network.state(again[0])
        assert all(torch.equal(before[name], after[name]) for name in before)
        monkeypatch.setattr(kept_network, "FORM", kept_network.FORM + 1)
        kept()
        assert len(trained) == 4
