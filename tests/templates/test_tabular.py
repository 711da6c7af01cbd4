"""Rows of tables: what is missing, unseen or a time is read alike everywhere; trees are those of LightGBM."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest

from tests import needs
from tests.operations.table_networks import Silent
from tests.templates import folders

TASK = "tabular-classification"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.modules(tmp_path_factory.mktemp("modules"), TASK)


@pytest.fixture
def pipeline(modules: Path) -> Iterator[None]:
    with folders.importable(modules):
        yield


def operators(path: Path) -> set[str]:
    """Name the operators of a graph."""
    return {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.usefixtures("pipeline")
def test_encode_knows_missing_unseen_and_absent_values() -> None:
    from pipeline.task.processing import Column, Processor

    columns = [
        Column(name="age", kind="number"),
        Column(name="plan", kind="category", values=("Basic", "pro")),
        Column(name="joined", kind="time"),
        Column(name="city", kind="category", values=("Ulm",), buckets=4),
    ]
    processor = Processor(columns, ("no", "yes"))
    raw = {
        "age": np.array([0.0, np.nan, np.inf]),
        "plan": ["Basic", "", "gold"],
        "joined": ["2000-01-02T12:00:00", "N/A", "2000-01-01T01:00:00+01:00"],
    }
    encoded = processor.encode(raw)
    assert encoded["values"][:, 0].tolist() == [0, 0, 0]
    assert encoded["codes"][:, 0].tolist() == [1, 0, 0], "zero is a value, NaN and infinity are none"
    assert encoded["codes"][:, 1].tolist() == [2, 0, 1]
    assert encoded["values"][:, 2].tolist() == [1.5, 0, 0]
    assert encoded["codes"][:, 2].tolist() == [1, 0, 1]
    assert encoded["codes"][:, 3].tolist() == [0, 0, 0], "a column that is left out is missing"
    spelled = processor.encode({"plan": ["basic", "PRO"], "city": ["Bonn", "Bonn"]})["codes"]
    assert spelled[:, 1].tolist() == [2, 3]
    assert spelled[0, 3] == spelled[1, 3] >= 3, "values that are not kept share buckets by hash"


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"joined": ["last week"]}, "row 0 of input `joined` is no time"),
        ({"age": ["old"]}, "row 0 of input `age` is not a number"),
        ({"age": [1.0], "joined": ["", ""]}, "unequal"),
        ({"age": []}, "no rows"),
    ],
)
def test_a_sender_is_told_what_cannot_be_read(raw: dict[str, list[str]], said: str) -> None:
    from pipeline.task.processing import Column, Processor

    processor = Processor([Column(name="age", kind="number"), Column(name="joined", kind="time")], ())
    with pytest.raises(ValueError, match=said):
        processor.encode(raw)


@pytest.mark.usefixtures("pipeline")
def test_rows_that_mostly_repeat_are_patterns_and_no_duplicates() -> None:
    from pipeline.tables.input_columns import keys

    few = pl.DataFrame({"a": [1, 1, 1, 1, 2], "y": ["n", "n", "n", "n", "y"]})
    many = pl.DataFrame({"a": [1, 2, 3, 3], "y": ["n", "n", "n", "n"]})
    assert keys(few, ["a", "y"]).n_unique() == 5
    assert keys(many, ["a", "y"]).n_unique() == 3


@pytest.mark.usefixtures("pipeline")
def test_a_row_is_digested_as_python_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.tables import input_columns

    monkeypatch.setattr(input_columns, "SLICE", 3)
    odd = ["it's", 'a "b"', 'it\'s "b"', "a\\b", "tab\t", "\x7f", "é", "\u200b", "{}", "", None, "None"]
    numbers = [1.5, None, -0.0, 1e300, 0.1, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    for frame in (pl.DataFrame({"text": odd, "n": numbers, "ok": ["x"] * 12}), pl.DataFrame({"text": odd})):
        rows = frame.cast(pl.String).iter_rows()
        wanted = [hashlib.sha256(repr(row).encode()).hexdigest()[:32] for row in rows]
        assert input_columns.keys(frame, frame.columns).to_list() == wanted


@pytest.mark.usefixtures("pipeline")
def test_a_value_of_another_kind_is_named_with_its_place(tmp_path: Path) -> None:
    from pipeline.base.failure import Failure
    from pipeline.dataset.table_files import PLACE
    from pipeline.tables.input_columns import Input, converted

    frame = pl.DataFrame({"age": ["41", "?", "young"], PLACE: ["a.csv:1", "a.csv:2", "a.csv:3"]})
    age = Input(column="age", role="age", kind="number")
    assert converted(frame.head(2), age, tmp_path).to_list() == [41.0, None]
    with pytest.raises(Failure, match=r"1 values of the column `age`.*`young`") as caught:
        converted(frame, age, tmp_path)
    assert "a.csv:3" in caught.value.hint


@pytest.mark.usefixtures("pipeline")
def test_a_decimal_comma_makes_numbers_where_it_separates_no_columns(tmp_path: Path) -> None:
    from pipeline.dataset.table_files import read

    path = tmp_path / "t.csv"
    path.write_text("price;size;pair;plan\n14,5;3,0;1,2,3;a\n-2;;4,5;b\n")
    frame = read(path)
    assert frame["price"].to_list() == [14.5, -2.0]
    assert frame["size"].to_list() == [3.0, None]
    assert frame["pair"].to_list() == ["1,2,3", "4,5"]
    path.write_text('pair,plan\n"1,5",a\n"2,5",b\n')
    assert read(path)["pair"].to_list() == [1.5, 2.5]


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("kinds", ["number", "category", "time", "category time"])
@pytest.mark.parametrize("strategy", ["trees for onnx", "trees for tensorrt", "network"])
def test_tables_of_one_kind_of_column_are_exported(strategy: str, kinds: str, tmp_path: Path) -> None:
    """A table without numbers leaves an input unread; the graph has it all the same, as the contract says."""
    torch = needs.module("torch")
    from pipeline.export import export, opened
    from pipeline.tables.column_encoder import Parts
    from pipeline.tabular_models import forest
    from pipeline.tabular_models.network import Network
    from pipeline.tabular_models.trees import Tree, Trees
    from pipeline.task.model import Served
    from pipeline.task.processing import Column, Processor

    columns = [Column(name=kind, kind=kind, values=("a", "b") if kind == "category" else ()) for kind in kinds.split()]
    raw = {"number": np.array([1.0, np.nan]), "category": ["a", "z"], "time": ["2020-01-02", ""]}
    tensors = Processor(columns, ()).encode({column.name: raw[column.name] for column in columns})
    if strategy == "network":
        model = Network(columns, 3, 2, 0.0).eval()
    else:
        trees, whole = Trees(3), np.zeros(1, np.int64)
        split = {0: [1]} if "category" in kinds else {}
        sides = {"left": whole - 1, "right": whole - 2, "value": np.array([1.0, 2.0])}
        feature = whole + Parts(columns).width if split else whole
        trees.add(0, Tree(feature=feature, threshold=np.full(1, 0.5), missing=whole, **sides, codes=split))
        model = forest.made(columns, trees)
        model.operator = strategy == "trees for onnx"
    served = Served(model).eval()
    ports = [{"name": name, "shape": [-1, len(columns)]} for name in ("values", "codes")]
    path = tmp_path / "model.onnx"
    export(served, tensors, ports, [{"name": "probabilities", "shape": [-1, 3]}], path)
    session = opened(path, tensors, ports)
    assert [one.name for one in session.get_inputs()] == ["values", "codes"]
    assert ("TreeEnsemble" in operators(path)) == (strategy == "trees for onnx")
    with torch.inference_mode():
        wanted = served(*(torch.from_numpy(tensors[name]) for name in ("values", "codes"))).numpy()
    assert np.abs(session.run(None, tensors)[0] - wanted).max() < 1e-6


def added_up(forest: Any, encoded: Any, outputs: np.ndarray, folder: Path) -> None:
    """What the columns contribute adds up to the outputs, and most comes from those that tell something."""
    from pipeline.tabular_models import contributions, tabular_model

    tabular_model.save(forest, folder)
    found = contributions.contributions(forest, folder, encoded, None)
    assert np.abs(found.sum(axis=2) - outputs).max() < 1e-6
    assert np.abs(found[:, :, :2]).mean() > np.abs(found[:, :, 2]).mean(), "the time tells nothing"


@pytest.mark.usefixtures("pipeline")
def test_sampled_contributions_add_up() -> None:
    torch = needs.module("torch")
    from pipeline.tables.encoded_rows import encode
    from pipeline.tabular_models import contributions
    from pipeline.tabular_models.network import Network
    from pipeline.task.processing import Column, Processor

    columns = [Column(name="x", kind="number"), Column(name="c", kind="category", values=("a", "b"))]
    raw = {"x": np.linspace(-1, 1, 9), "c": ["a", "b", ""] * 3}
    rows = encode(Processor(columns, ()), raw, np.zeros(0))
    torch.manual_seed(0)
    network = Network(columns, 2, 3, 0.0)
    network.learn(rows.values, rows.codes)
    found = contributions.sampled(network.eval(), rows, rows)
    with torch.inference_mode():
        outputs = network(rows.values, rows.codes).mean(dim=1).double().numpy()
    assert np.abs(found.sum(axis=2) - outputs).max() < 1e-5
    assert np.ptp(found[:, :, 2], axis=0).max() < 1e-9, "all rows start alike"


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("classes", [2, 3])
def test_both_graphs_give_what_the_grown_trees_give(classes: int, tmp_path: Path) -> None:
    """With missing numbers, missing and unseen categories, a category of many values, and two members."""
    torch = needs.module("torch")
    from pipeline.base.params import Params
    from pipeline.export import export, opened
    from pipeline.tables.encoded_rows import encode
    from pipeline.tabular_models.boosting import Aim, grow
    from pipeline.task.processing import Column, Processor

    chance = np.random.default_rng(3)
    rows = 300
    number, category = chance.normal(size=rows), chance.integers(0, 7, rows)
    raw = {
        "x": np.where(chance.random(rows) < 0.2, np.nan, number),
        "c": [("", *"abcdefgh")[code] for code in category],
        "t": [f"20{10 + index % 14}-0{1 + index % 9}-11" for index in range(rows)],
    }
    truth = ((number > 0.2).astype(int) ^ (category % 2)) + (classes - 2) * (category > 4)
    columns = [
        Column(name="x", kind="number"),
        Column(name="c", kind="category", values=tuple("abcde")),
        Column(name="t", kind="time"),
    ]
    encoded = encode(Processor(columns, ()), raw, truth)
    train = {"members": 2, "leaves": 9, "least_rows": 3, "dropout": 0.0}
    settings = Params({"model": {"train": train}, "compute": {"threads": 1}})
    how = SimpleNamespace(
        epochs=10, learning_rate=0.2, weight_decay=0.0, seed=1, better="lower", metric="log_loss", patience=99
    )
    seen: list[np.ndarray] = []

    def judge(outputs: np.ndarray) -> tuple[float, float]:
        seen.append(outputs[:, 0].copy())
        return -float(len(seen)), 0.0

    aims = [Aim(loss="binary", outputs=[1]) if classes == 2 else Aim(loss="multiclass", outputs=[0, 1, 2])]
    forest, history = grow(
        columns,
        aims,
        classes,
        (encoded, encoded),
        judge,
        settings,
        how,
        Silent(),  # type: ignore[arg-type]
    )
    assert len(history.scores) == 10
    added_up(forest, encoded, seen[-1], tmp_path)
    with torch.inference_mode():
        assert np.abs(forest(encoded.values, encoded.codes)[:, 0].numpy() - seen[-1]).max() < 1e-5
    tensors = {"values": encoded.values.numpy(), "codes": encoded.codes.numpy()}
    for operator in (True, False):
        forest.operator = operator
        ports = [{"name": name, "shape": [-1, len(columns)]} for name in tensors]
        export(forest, tensors, ports, [{"name": "outputs", "shape": [-1, 1, classes]}], tmp_path / "model.onnx")
        (found,) = opened(tmp_path / "model.onnx", tensors, ports).run(None, tensors)
        assert np.abs(found[:, 0] - seen[-1]).max() < 1e-5
        assert {"TreeEnsemble", "MatMul"} & operators(tmp_path / "model.onnx") == (
            {"TreeEnsemble"} if operator else {"MatMul"}
        )


@pytest.mark.usefixtures("pipeline")
def test_metrics_are_those_of_scikit_learn() -> None:
    sk = needs.module("sklearn.metrics")
    from pipeline.task.metrics import measure

    chance = np.random.default_rng(5)
    for classes in (2, 3):
        truth = chance.integers(0, classes, 200)
        scores = np.round(chance.dirichlet(np.ones(classes), 200) + 0.4 * np.eye(classes)[truth], 2)
        said = scores.argmax(axis=1)
        labels = ["0", "low", "not so"][:classes]
        found = measure(truth, {"probabilities": scores}, labels)
        for index, name in enumerate(["0", '"low"', '"not so"'][:classes]):
            mine, answered = truth == index, said == index
            assert found[f"f1.{name}"] == pytest.approx(sk.f1_score(mine, answered))
            assert found[f"precision.{name}"] == pytest.approx(sk.precision_score(mine, answered))
            assert found[f"recall.{name}"] == pytest.approx(sk.recall_score(mine, answered))
            assert found[f"specificity.{name}"] == pytest.approx(sk.recall_score(~mine, ~answered))
            assert found[f"fpr.{name}"] == pytest.approx(1 - sk.recall_score(~mine, ~answered))
            area = sk.average_precision_score(mine, scores[:, index])
            assert found[f"average_precision.{name}"] == pytest.approx(area)
        assert found["kappa"] == pytest.approx(sk.cohen_kappa_score(truth, said))
        assert found["mcc"] == pytest.approx(sk.matthews_corrcoef(truth, said))
        assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, said))
        averaged = {"f1": sk.f1_score, "precision": sk.precision_score, "recall": sk.recall_score}
        assert {*averaged, "average_precision"} & {*found} == (
            set() if classes == 2 else {*averaged, "average_precision"}
        )
        if classes == 3:
            for name, score in averaged.items():
                assert found[name] == pytest.approx(score(truth, said, average="macro"))
            each = [found[f"average_precision.{name}"] for name in ("0", '"low"', '"not so"')]
            assert found["average_precision"] == pytest.approx(np.mean(each))


@pytest.mark.usefixtures("pipeline")
def test_a_class_that_is_not_there_has_no_recall() -> None:
    from pipeline.task.metrics import measure

    found = measure(np.array([0, 0, 1]), {"probabilities": np.eye(3)[[0, 1, 1]]}, ["a", "b", "c"])
    assert "recall.c" not in found
    assert "average_precision.c" not in found
    assert (found["recall.a"], found["precision.b"], found["precision.c"]) == (0.5, 0.5, 0.0)


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c"]])
@pytest.mark.parametrize("said", [0, 1])
def test_rows_of_one_class_score_nothing_that_compares_classes(labels: list[str], said: int) -> None:
    from pipeline.measuring import sound
    from pipeline.task.metrics import UNDEFINED, measure

    answers = {"probabilities": np.tile(np.eye(len(labels))[said], (4, 1))}
    kept, absent = sound.defined(measure(np.zeros(4, np.int64), answers, labels), UNDEFINED, "")
    assert {"auroc", "kappa", "mcc"} <= {*absent} <= {*UNDEFINED}
    best = {name for name, value in kept.items() if value == (0.0 if name.startswith("fpr") else 1.0)}
    assert not {name for name in best if name.split(".")[0] in UNDEFINED and name.endswith((".a", "fpr"))}
    assert {"fpr.a", "specificity.a", "average_precision.a"}.isdisjoint(kept)
    assert kept["fpr.b"] == float(said), "of the others it is told how many are taken for this class"


NETWORK = {
    "base: boosted-trees": "base: table-network",
    "strategy: boosted-trees": "strategy: network",
    "epochs: 80": "epochs: 12",
    "members: 2": "members: 4",
    "learning_rate: 0.1": "learning_rate: 0.005",
}


@pytest.mark.slow
@pytest.mark.e2e
def test_churn_runs_to_its_package(tmp_path: Path) -> None:
    needs.packages("torch")
    folder = folders.build(tmp_path / "project", TASK)
    folders.stages(folder, "prepare", "train", "export", "optimize", "evaluate --split test")
    found = json.loads((folder / "build/evaluation/test.json").read_text())
    assert found["auroc"] > 0.8 > found["baseline.trivial.auroc"]
    important = pl.read_csv(folder / "build/evaluation/test/columns.csv")
    assert important["column"][0] in ("months", "calls", "joined")
    folders.stages(folder, "evaluate --split validation", "machine", "benchmark", "gate", "package")
    raw = json.loads((folder / "package/golden.jsonl").read_text().splitlines()[1])["raw"]
    assert set(raw) == {"months", "plan", "region", "charge", "calls", "paperless", "joined"}
    assert json.loads((folder / "gate.json").read_text())["verdict"] == "pass"
    curve = pl.read_csv(folder / "build/plots/train/learning.csv")
    assert curve["rows"].to_list() == [35, 70, 140, 280]
    assert curve["log_loss"][-1] == json.loads((folder / "build/training.json").read_text())["train.best"]
    told = (folder / "build/report.html").read_text()
    assert "Training on parts of the rows gave" in told
    assert "Parts of the data" in told


@pytest.mark.slow
@pytest.mark.e2e
def test_rents_lie_in_their_intervals_and_train_twice_alike(tmp_path: Path) -> None:
    needs.packages("torch")
    folder = folders.build(tmp_path / "project", "tabular-regression", NETWORK)
    folders.stages(folder, "prepare", "train", "train --out again", "export", "optimize", "evaluate --split test")
    digests = [
        json.loads((folder / part / "training.json").read_text())["weights.sha256"] for part in ("build", "again")
    ]
    assert digests[0] == digests[1]
    found = json.loads((folder / "build/evaluation/test.json").read_text())
    assert found["rmse"] < 0.7 * found["baseline.trivial.rmse"]
    assert found["coverage"] > 0.75
    answers = [json.loads(line)["answer"] for line in (folder / "build/onnx/golden.jsonl").read_text().splitlines()]
    assert all(one["interval"][0] <= one["value"] <= one["interval"][1] for one in answers)
