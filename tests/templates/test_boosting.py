"""Growing trees: what follows from the rows alone, and when it ends."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests import needs
from tests.operations.table_networks import Silent
from tests.templates import folders

needs.packages("torch", "lightgbm")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.modules(tmp_path_factory.mktemp("modules"), "tabular-classification")


@pytest.fixture(autouse=True)
def _pipeline(modules: Path) -> Iterator[None]:
    with folders.importable(modules):
        yield


def made(order: np.ndarray) -> Any:
    """Return rows of two numbers, some missing, and a category, in an order, and whose answer follows from them."""
    import torch
    from pipeline.tables.encoded_rows import Rows

    chance = np.random.default_rng(3)
    values = chance.normal(size=(len(order), 3)).astype(np.float32)
    codes = chance.integers(0, 2, size=values.shape)
    codes[:, 2] = chance.integers(0, 6, len(order))
    truth = (values[:, 0] * codes[:, 0] + (codes[:, 2] == 3) + chance.normal(size=len(order)) > 0.5).astype(np.int64)
    return Rows(values=torch.from_numpy(values[order]), codes=torch.from_numpy(codes[order]), truth=truth[order])


def columns() -> list[Any]:
    """Return the columns of these rows."""
    from pipeline.tables.column import Column

    numbers = [Column(name=name, kind="number") for name in "ab"]
    return [*numbers, Column(name="c", kind="category", values=tuple("vwxy"))]


def grown(rows: Any, threads: int = 1, rounds: int = 8, judge: Any = lambda outputs: (0.0, 0.0)) -> tuple[Any, Any]:
    """Grow two members."""
    from pipeline.base.params import Params
    from pipeline.tabular_models.boosting import Aim, grow

    train = {"members": 2, "leaves": 5, "least_rows": 5, "dropout": 0.3}
    settings = Params({"model": {"train": train}, "compute": {"threads": threads}})
    how: Any = SimpleNamespace(
        epochs=rounds, learning_rate=0.2, weight_decay=0.1, seed=1, better="lower", metric="log_loss", patience=3
    )
    say: Any = Silent()
    return grow(columns(), [Aim(loss="binary", outputs=[1])], 2, (rows, made(np.arange(50))), judge, settings, how, say)


def test_the_same_rows_give_the_same_trees_in_any_order_and_with_any_threads() -> None:
    order = np.arange(600)
    first, _ = grown(made(order))
    others = [grown(made(np.random.default_rng(1).permutation(order)))[0], grown(made(order), threads=2)[0]]
    for other in others:
        for name, array in first.kept.items():
            assert np.array_equal(array, other.kept[name]), name


def test_growing_ends_when_the_score_stays_behind_and_the_best_round_is_kept() -> None:
    scores = iter([0.9, 0.7, 0.8, 0.8, 0.8, 0.1])
    forest, history = grown(made(np.arange(600)), rounds=200, judge=lambda outputs: (next(scores), 0.0))
    assert [step for step, _ in history.scores] == [1, 2, 3, 4, 5]
    assert forest.count == 4, "two rounds of two members"


def test_trees_that_cannot_be_split_are_a_constant(tmp_path: Path) -> None:
    import torch
    from pipeline.tabular_models import forest

    rows = made(np.arange(8))
    found, _ = grown(rows)
    assert found.count == 0
    forest.save(found, tmp_path)
    kept = forest.load(columns(), tmp_path)
    with torch.inference_mode():
        answers = kept(rows.values, rows.codes)
    share = rows.truth.mean()
    assert answers.shape == (8, 1, 2)
    assert answers[:, 0, 1].numpy() == pytest.approx(np.log(share / (1 - share)), abs=1e-5)


def test_importance_keeps_to_its_seconds() -> None:
    from pipeline.tables.permutation_importance import FEWEST_ROWS, REPEATS, SECONDS, affordable

    assert affordable(0.001, 2000, 10) == (2000, REPEATS)
    for seconds, columns in ((0.5, 10), (3.0, 20), (9.0, 80)):
        rows, repeats = affordable(seconds, 2000, columns)
        assert rows == FEWEST_ROWS or seconds * columns * repeats * rows / 2000 <= SECONDS
        assert repeats >= 1


def test_a_category_is_split_by_what_other_rows_tell_of_its_values() -> None:
    """A value of one row tells that row nothing, and the served trees split codes alone."""
    import torch
    from pipeline.tables.encoded_rows import encode
    from pipeline.tabular_models.target_statistics import learn
    from pipeline.task.processing import Processor

    chance = np.random.default_rng(3)
    truth = chance.integers(0, 2, 400).astype(np.float64)
    alone = np.arange(400, dtype=np.float64)[:, None]
    statistics, seen = learn(alone, [400], truth[:, None])
    assert np.ptp(seen) < 0.1, "other folds know nothing of a value that only one row has"
    assert statistics[0].numbers[0] != statistics[0].numbers[int(np.argmax(truth != truth[0]))]
    raw = {"a": chance.normal(size=400), "b": chance.normal(size=400), "c": list("vwxy" * 100)}
    likely = np.isin(np.array(raw["c"]), ["w", "y"])
    rows = encode(Processor(columns(), ()), raw, (chance.random(400) < 0.1 + 0.8 * likely).astype(int))
    scores = iter(range(8, 0, -1))
    forest, _ = grown(rows, judge=lambda outputs: (float(next(scores)), 0.0))
    assert forest.kept["splits"].any()
    asked = encode(
        Processor(columns(), ()), {"a": [0.0] * 5, "b": [0.0] * 5, "c": ["v", "w", "x", "y", "new"]}, np.zeros(5)
    )
    with torch.inference_mode():
        found = forest(asked.values, asked.codes)[:, 0, 1].numpy()
    assert found[[1, 3]].min() > found[[0, 2]].max() + 1
    assert found[[0, 2]].min() - 0.5 < found[4] < found[[1, 3]].max() + 0.5
