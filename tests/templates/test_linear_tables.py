"""The linear model of a table: what it learns, that its graph answers as it does, and what each column adds."""

from pathlib import Path

import numpy as np
import pytest

from tests import needs
from tests.templates import folders

needs.packages("torch", "onnxruntime")
ROWS = 400
TENSORS = [{"name": name, "shape": [-1, 3]} for name in ("values", "codes")]


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the modules of the regression, which has those of all tables."""
    folder = tmp_path_factory.mktemp("linear-tables")
    folders.modules(folder, "tabular-regression", {})
    return folder


def table(seed: int) -> tuple[dict[str, list[object]], np.ndarray]:
    """Make rows of an amount, a day and a place, and what they add up to; some of each are missing."""
    chance = np.random.default_rng(seed)
    amounts, days = chance.normal(5, 2, ROWS), chance.integers(0, 300, ROWS)
    places = chance.choice(["north", "south", "west"], ROWS)
    target = 3 * amounts + 0.02 * days + 4 * (places == "south") + chance.normal(0, 0.1, ROWS)
    amounts[::20] = np.nan
    dates = [str(np.datetime64("2024-01-01") + int(day)) for day in days]
    raw = {"amount": amounts, "day": dates, "place": ["" if n % 25 == 3 else one for n, one in enumerate(places)]}
    return raw, target


def test_a_number_its_interval_and_its_graph(emitted: Path, tmp_path: Path) -> None:
    with folders.importable(emitted):
        import onnxruntime
        import torch
        from pipeline.export import export
        from pipeline.tables.column import Column
        from pipeline.tables.encoded_rows import encode
        from pipeline.tabular_models import contributions, tabular_model, train_linear
        from pipeline.task.model import HIGH, LOW, Scale, Served
        from pipeline.task.processing import Processor
        from pipeline.training.recipe import Settings

        columns = [
            Column(name="amount", kind="number"),
            Column(name="day", kind="time"),
            Column(name="place", kind="category", values=("north", "south", "west")),
        ]
        processor = Processor(columns, ())
        splits = tuple(encode(processor, *table(seed)) for seed in (1, 2))
        how = Settings(
            **dict.fromkeys(("epochs", "batch_size", "patience", "seed"), 1),
            **dict.fromkeys(("learning_rate", "weight_decay", "warmup"), 0.1),
            precision="fp32",
            metric="rmse",
            better="lower",
        )
        truth = splits[1].truth

        def judge(outputs: np.ndarray) -> tuple[float, float]:
            error = float(np.sqrt(np.mean((outputs[:, 0, 0] - truth) ** 2)))
            return error, error

        told: list[str] = []
        model, history = train_linear.fit(
            columns, 3, train_linear.ridge(LOW, HIGH), splits, judge, how, lambda *said: told.append(said[3])
        )
        assert len(history.scores) == len(train_linear.STRENGTHS) == len(told)
        there = splits[1].codes[:, 0].numpy() > 0
        outputs = model(splits[1].values, splits[1].codes).detach().numpy()[:, 0]
        assert np.sqrt(np.mean((outputs[there, 0] - truth[there]) ** 2)) < 0.9
        assert 0.8 < np.mean((outputs[:, 1] <= truth) & (truth <= outputs[:, 2])) < 0.97
        tabular_model.save(model, tmp_path)
        again = tabular_model.load(columns, tmp_path, "onnx")
        encoded = processor.encode({"amount": [1.0, None], "day": ["", "2024-03-01"], "place": ["elsewhere", "south"]})
        ports = [{"name": name, "shape": [-1]} for name in ("value",)] + [{"name": "interval", "shape": [-1, 2]}]
        export(Served(again, Scale(center=0.0, spread=1.0)).eval(), encoded, TENSORS, ports, tmp_path / "model.onnx")
        value, interval = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, encoded)
        rows = [torch.from_numpy(encoded[name]) for name in ("values", "codes")]
        expected = again(*rows).detach().numpy()[:, 0]
        assert np.abs(value - expected[:, 0]).max() < 1e-4
        assert np.abs(interval - expected[:, 1:]).max() < 1e-4
        some = encode(processor, {name: list(given[:5]) for name, given in table(3)[0].items()}, np.zeros(5))
        found = contributions.contributions(again, tmp_path, some, splits[0])
        assert np.abs(found.sum(axis=2) - again(some.values, some.codes).detach().numpy()[:, 0]).max() < 1e-3


def test_classes_of_two_of_more_and_of_none(emitted: Path) -> None:
    with folders.importable(emitted):
        import torch
        from pipeline.tables.column import Column
        from pipeline.tables.encoded_rows import Rows
        from pipeline.tabular_models import linear, train_linear

        chance = np.random.default_rng(0)
        numbers = chance.normal(size=(200, 1)).astype(np.float32)
        for classes, edges in ((2, [0.0]), (4, [-0.7, 0.7])):
            truth = np.searchsorted(edges, numbers[:, 0])
            rows = Rows(values=torch.from_numpy(numbers), codes=torch.ones(200, 1, dtype=torch.int64), truth=truth)
            model = linear.Linear([Column(name="number", kind="number")], classes)
            model.learn(rows)
            model.take(*train_linear.logistic(classes)(train_linear.features(model, rows), rows, 10.0))
            logits = model(rows.values, rows.codes)[:, 0].detach()
            probabilities = torch.softmax(logits, dim=1).numpy()
            assert np.mean(probabilities.argmax(axis=1) == truth) > 0.95
            assert probabilities[:, len(edges) + 1 :].max(initial=0.0) < 1e-4, "a class without a row is not answered"
