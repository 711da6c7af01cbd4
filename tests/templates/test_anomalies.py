"""Anomalies among rows: scores against their definitions, contributions, thresholds, labels that need not be there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests import needs
from tests.templates import folders
from trainerspec.backends.params import document
from trainerspec.cli.place import workplace
from trainerspec.compiler import Planned, compile_plan
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.source import Source
from trainerspec.language.yaml import dump

needs.packages("torch", "sklearn")
TASK = "anomaly-detection"
CARDS = ("isolation-forest", "ecod")


@pytest.fixture(scope="module", autouse=True)
def _pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with folders.importable(folders.modules(tmp_path_factory.mktemp(TASK), TASK)):
        yield


def planned(folder: Path, more: str = "", task: str = "", objectives: str = "") -> Planned:
    text = f"trainerspec: 1\nname: t\ntask: {{type: {TASK}{task}}}\ndata: {{source: payments.csv{more}}}\n{objectives}"
    with workplace(Source(name="trainer.yaml", text=text), folder) as place:
        return compile_plan(Source(name="trainer.yaml", text=text), place)


def columns() -> Any:
    from pipeline.tables.column import Column

    kinds = {"amount": "number", "shop": "category", "time": "time", "count": "number"}
    values = {"shop": ("a", "b", "c")}
    return [Column(name=name, kind=kind, values=values.get(name, ())) for name, kind in kinds.items()]  # type: ignore[arg-type]


def rows(count: int, seed: int = 0) -> dict[str, list[Any]]:
    """Return usual rows, of which some lack an amount."""
    chance = np.random.default_rng(seed)
    amounts = chance.lognormal(3, 0.4, count)
    return {
        "amount": np.where(chance.random(count) < 0.1, np.nan, amounts).tolist(),
        "shop": chance.choice(["a", "b", "c"], count, p=[0.6, 0.37, 0.03]).tolist(),
        "time": [f"2024-01-{1 + day:02}T{hour:02}:00" for day, hour in chance.integers([0, 8], [28, 20], (count, 2))],
        "count": chance.integers(0, 4, count).tolist(),
    }


ODD = {
    "amount": [900.0, 20.0, 900.0],
    "shop": ["a", "a", "z"],
    "time": ["2024-01-09T12:00", "2024-01-09T14:00", "2024-01-09T03:00"],
    "count": [1, 60, 60],
}
"""Rows far out in the amount, in the count, and in everything."""


def fitted(card: str, seed: int = 7, trees: int = 40) -> tuple[Any, Any]:
    """Return what scores rows, fitted on usual ones, and its processor."""
    from pipeline.base.params import Params
    from pipeline.tables.encoded_rows import encode
    from pipeline.task.processing import Processor
    from pipeline.train import fitted as fit

    processor = Processor(columns(), 0.0, 0.0)
    train, held = (encode(processor, rows(count, seed), np.zeros(0)) for count, seed in ((500, 0), (200, 1)))
    how = {"strategy": card, "epochs": trees, "sample": 64, "seed": seed}
    scorer, scores = fit(processor, train, held, Params({"model": {"train": how}}))
    assert len(scores) == 200
    return scorer, processor


def scored(scorer: Any, processor: Any, raw: Any) -> tuple[Any, Any]:
    import torch

    with torch.inference_mode():
        score, parts = scorer(*map(torch.from_numpy, processor.encode(raw).values()))
    return score.numpy(), parts.numpy()


def test_ecod_is_what_its_paper_and_pyod_compute() -> None:
    """A row joins the training rows; of each feature the rarer tail counts; the sum is the score.

    It was compared with pyod's `ECOD.decision_function` on rows one by one: equal within 2e-6.
    """
    import torch
    from pipeline.outliers.tails import Tails

    chance = np.random.default_rng(0)
    known, new = ((chance.normal(size=(count, 3)) * [1, 9, 1]).round(1).astype(np.float32) for count in (300, 40))
    new[:3, 0] = [99.0, -99.0, known[0, 0]]
    tails = Tails(3)
    tails.fit(torch.from_numpy(known), [False, False, True])
    score, parts = (one.numpy() for one in tails(torch.from_numpy(new)))
    for row, said in zip(new, parts, strict=True):
        joined = np.vstack([known, row])
        left, right = (-np.log((compared(joined, row)).mean(axis=0)) for compared in (np.less_equal, np.greater_equal))
        wanted = np.maximum(left, right)
        wanted[2] = right[2]
        assert said == pytest.approx(wanted, abs=1e-5)
    assert score == pytest.approx(parts.sum(axis=1), rel=1e-5)


def test_many_values_are_told_by_their_quantiles() -> None:
    import torch
    from pipeline.outliers.tails import KNOTS, Tails

    values = torch.from_numpy(np.random.default_rng(0).normal(size=(20_000, 1)).astype(np.float32))
    tails = Tails(1)
    tails.fit(values, [False])
    score, _ = tails(values)
    exact = np.argsort(np.argsort(values[:, 0].numpy())) + 1
    wanted = -np.log(np.minimum(exact, 20_001 - exact) / 20_000)
    middle = (exact > 200) & (exact < 19_800)
    assert np.abs(score.numpy() - wanted)[middle].max() < 20_000 / KNOTS / 200
    assert score[values[:, 0].argmax()] == score.max(), "the farthest values are knots"


def test_the_forest_scores_as_scikit_learn_does() -> None:
    import torch
    from pipeline.outliers.isolation import Isolation, grow

    chance = np.random.default_rng(0)
    known = torch.from_numpy(chance.normal(size=(400, 5)).astype(np.float32))
    new = torch.from_numpy((1.8 * chance.normal(size=(50, 5))).astype(np.float32))
    grown, trees, usual = grow(known, 30, 128, 3)
    made = Isolation([0, 1, 2, 3, 3], 4, 5, trees)
    made.usual.fill_(usual)
    made.fit(known)
    score, parts = (one.numpy() for one in made(new))
    inside = ((new >= made.low) & (new <= made.high)).all(dim=1).numpy()
    assert 10 < inside.sum() < 40
    assert score[inside] == pytest.approx(-grown.score_samples(new.numpy())[inside], abs=1e-6)
    assert (score[~inside] > -grown.score_samples(new.numpy())[~inside] - 1e-6).all(), "beyond the range paths are cut"
    assert parts.shape == (50, 4)
    middle = new.clone()
    middle[:, 3:] = made.typical[3:]
    assert parts[:, 3] == pytest.approx(score - made(middle)[0].numpy(), abs=1e-6)


@pytest.mark.parametrize("card", CARDS)
def test_odd_rows_score_high_and_name_their_columns(card: str) -> None:
    scorer, processor = fitted(card)
    usual, _ = scored(scorer, processor, rows(300, 5))
    odd, parts = scored(scorer, processor, ODD)
    assert odd[2] > usual.max()
    assert odd[:2].min() > np.quantile(usual, 0.9)
    names = [column.name for column in processor.columns]
    assert names[parts[0].argmax()] == "amount"
    assert names[parts[1].argmax()] == "count"
    if card == "ecod":
        assert parts.sum(axis=1) == pytest.approx(odd, rel=1e-5)


@pytest.mark.parametrize("card", CARDS)
def test_what_training_never_lacked_is_odd_when_it_is_missing_or_new(card: str) -> None:
    scorer, processor = fitted(card)
    row = {"amount": [20.0] * 3, "shop": ["a", "a", "z"], "time": ["2024-01-09T12:00"] * 3, "count": [1.0, np.nan, 1.0]}
    (plain, missing, new), _ = scored(scorer, processor, row)
    assert new >= plain
    assert missing > plain + 0.03
    if card == "ecod":
        assert min(missing, new) > plain + 2
    later = {**row, "time": ["2031-05-20T12:00"] * 3}
    assert scored(scorer, processor, later)[0][0] == pytest.approx(plain, abs=0.8 if card == "ecod" else 0.05)


@pytest.mark.parametrize("card", CARDS)
def test_it_is_kept_as_it_was_and_the_graph_answers_alike(card: str, tmp_path: Path) -> None:
    import onnxruntime
    from pipeline.export import export
    from pipeline.task import model, processing

    scorer, processor = fitted(card)
    model.save(scorer, processor, tmp_path)
    again, other = fitted(card)[0], fitted(card, seed=8)[0]
    (tmp_path / "again").mkdir()
    model.save(again, processor, tmp_path / "again")
    weights = [(folder / "weights.safetensors").read_bytes() for folder in (tmp_path, tmp_path / "again")]
    assert weights[0] == weights[1], "same seed, same bytes"
    sent = {name: [*values, *ODD[name]] for name, values in rows(40, 9).items()}
    wanted = scored(scorer, processor, sent)
    assert (card == "ecod") == np.array_equal(wanted[0], scored(other, processor, sent)[0])
    tensors = processing.load(tmp_path).encode(sent)
    ports: Any = [{"name": name, "shape": [-1, 4]} for name in ("values", "codes", "score", "contributions")]
    ports[2]["shape"] = [-1]
    for engine in ("onnx", "tensorrt"):
        loaded = model.load(processor.columns, tmp_path, engine)
        assert scored(loaded, processor, sent)[0] == pytest.approx(wanted[0], abs=1e-6)
        export(loaded, tensors, ports[:2], ports[2:], tmp_path / f"{engine}.onnx")
        session = onnxruntime.InferenceSession(tmp_path / f"{engine}.onnx", providers=["CPUExecutionProvider"])
        for said, true in zip(session.run(None, tensors), wanted, strict=True):
            assert said == pytest.approx(true, abs=2e-6 if card == "isolation-forest" else 2e-5)


def test_an_answer_says_because_of_what(tmp_path: Path) -> None:
    from pipeline.task import processing

    processing.save(processing.Processor(columns(), 0.5, 0.02), tmp_path)
    processor = processing.load(tmp_path)
    tensors: Any = {"score": np.array([0.5, 0.7], np.float32), "contributions": np.zeros((2, 4), np.float32)}
    tensors["contributions"][1] = [0.01, 0.0, 0.15, -0.2]
    answer = processor.decode(tensors, ODD)
    assert answer["is_anomaly"] == ["false", "true"], "the threshold itself is no alarm"
    because = [{"column": "time", "contribution": 0.15}, {"column": "amount", "contribution": 0.01}]
    assert answer["contributions"] == [[], because]
    assert processor.decode({**tensors, "score": tensors["score"][:, None]}, ODD)["is_anomaly"] == ["false", "true"], (
        "as Triton gives one number a row"
    )
    settled = processor.settle(tensors, ODD)
    assert settled["alarm"].tolist() == [0.0, 1.0]
    assert settled["expected"].tolist() == pytest.approx([0.02, 0.02])


def test_the_share_of_alarms_is_kept_on_new_rows() -> None:
    from pipeline.outliers.threshold import expected, of_share

    chance = np.random.default_rng(0)
    for share, told in ((0.05, 0.05), (0.001, 0.01)):  # the latter is rarer than 99 rows can tell
        seen = list[float]()
        for _ in range(400):
            held = chance.normal(size=99)
            limit = of_share(held, share)
            seen.append((chance.normal(size=400) > limit).mean())
            assert expected(held > limit) == told
        assert np.mean(seen) == pytest.approx(told, abs=0.005)


def test_costs_choose_the_threshold_on_known_rows() -> None:
    from pipeline.base.failure import Failure
    from pipeline.outliers.threshold import of_costs

    scores, truth = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, np.nan, 0.0])
    assert of_costs(scores, truth, {"missed": 1.0, "false_alarm": 10.0}) == 4.0, "no alarm at all"
    assert of_costs(scores, truth, {"missed": 10.0, "false_alarm": 1.0}) == 1.0
    assert of_costs(scores, 1 - truth, {"missed": 10.0, "false_alarm": 1.0}) < 1.0, "every row"
    with pytest.raises(Failure, match="known to be an anomaly"):
        of_costs(scores, np.zeros(4), {"missed": 1.0, "false_alarm": 1.0})
    many = np.arange(200_000.0)
    assert of_costs(many, (many >= 150_000) * 1.0, {"missed": 1.0, "false_alarm": 1.0}) == 149_999, "in memory by rows"


def test_metrics_are_those_of_scikit_learn_and_say_what_is_not_known() -> None:
    from pipeline.task.metrics import KNOWN, measure, partly
    from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

    chance = np.random.default_rng(0)
    truth = (chance.random(300) < 0.1).astype(float)
    scores = (truth + chance.normal(size=300)).round(1)
    alarm = (scores > 1.5).astype(float)
    answers = {"score": scores, "alarm": alarm, "expected": np.full(300, 0.05)}
    found = measure(truth, answers)
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, scores))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, scores))
    assert found["precision"] == pytest.approx(precision_score(truth, alarm))
    assert found["recall"] == pytest.approx(recall_score(truth, alarm))
    assert found["alarm_rate"] == pytest.approx(alarm.mean())
    assert found["alarm_error"] == pytest.approx(abs(alarm[truth == 0].mean() - 0.05))
    some = np.where(np.arange(300) < 50, truth, np.nan)
    few = measure(some, answers)
    assert few["auroc"] == pytest.approx(roc_auc_score(truth[:50], scores[:50]))
    assert partly(some)["auroc"].startswith("250 of 300 rows")
    assert "alarm_error" not in partly(some), "rows of which nothing is known count there"
    assert np.isnan(measure(np.ones(300), answers)["alarm_error"]), "no usual row is left to raise false alarms"
    none = measure(np.full(300, np.nan), answers)
    assert none["alarm_rate"] == found["alarm_rate"]
    assert all(np.isnan(none[name]) for name in (*KNOWN, "precision"))
    assert not partly(np.full(300, np.nan))


def test_known_rows_need_not_be_there(tmp_path: Path) -> None:
    folders.sample(TASK).write(tmp_path)
    free = planned(tmp_path, ", exclude: [flagged]")
    assert "flagged" not in free.pinned.values["data.columns"]
    known = planned(tmp_path, task=", outputs: {label: flagged}", objectives="objectives: [auroc >= 90%]\n")
    facts = known.pinned.decided.observed.profile.facts
    assert facts["kept"].value == 600, "rows of which nobody knows are rows to learn from"
    assert facts["label.missing"].value > 0
    assert "flagged" not in known.pinned.values["data.columns"]
    with pytest.raises(Stopped) as stopped:
        planned(tmp_path, objectives="objectives: [auroc >= 90%]\n")
    assert [one.code for one in stopped.value.diagnostics] == ["TS315"]


@pytest.mark.parametrize(
    ("values", "positive", "code"),
    [(["A", "B"], "", "TS437"), (["-1", "1"], "", "TS437"), (["A", "B"], "C", "TS437"), (["A", "B"], "b", "")],
)
def test_which_rows_are_meant_is_told_or_asked(tmp_path: Path, values: list[str], positive: str, code: str) -> None:
    folders.sample(TASK).write(tmp_path)
    table = pl.read_csv(tmp_path / "payments.csv")
    marks = pl.Series("state", [values[one] for one in (table["attempts"] > 2).cast(int).to_list()])
    table.drop("flagged").with_columns(marks).write_csv(tmp_path / "payments.csv")
    task = ", outputs: {label: state}" + (f", options: {{positive: {positive}}}" if positive else "")
    if code:
        with pytest.raises(Stopped) as stopped:
            planned(tmp_path, task=task)
        assert [one.code for one in stopped.value.diagnostics] == [code]
    else:
        assert planned(tmp_path, task=task)


@pytest.mark.parametrize(
    ("task", "objectives", "share", "threshold"),
    [
        ("", "", 0.05, "contamination"),
        (", options: {alarms: {most: 20, rows: 5000}}", "", 0.004, "contamination"),
        ("", "objectives: [alarm_rate <= 1%]\n", 0.007, "contamination"),
        (", options: {costs: {missed: 10, false_alarm: 1}}", "", 0.05, "contamination"),
        (", options: {costs: {missed: 10, false_alarm: 1}}, outputs: {label: flagged}", "", 0.05, "costs"),
    ],
)
def test_how_many_alarms_there_are_follows_from_what_is_said(
    tmp_path: Path, task: str, objectives: str, share: float, threshold: str
) -> None:
    folders.sample(TASK).write(tmp_path)
    values = planned(tmp_path, task=task, objectives=objectives).pinned.values
    assert values["model.contamination"] == pytest.approx(share)
    assert values["model.threshold"] == threshold
    assert values["model.base"] == "isolation-forest"


@pytest.mark.parametrize(("most", "few"), [(5, True), (200, False)])
def test_a_budget_too_rare_for_the_rows_is_told(tmp_path: Path, most: int, few: bool) -> None:
    folders.sample(TASK).write(tmp_path)
    made = planned(tmp_path, task=f", options: {{alarms: {{most: {most}, rows: 5000}}}}")
    assert ("too few to tell" in made.pinned.decided.decisions["model.contamination"].because) is few


def test_a_table_of_few_rows_is_judged_by_its_tails(tmp_path: Path) -> None:
    folders.sample(TASK).write(tmp_path, rows=200)
    assert planned(tmp_path).pinned.values["model.base"] == "ecod"


def test_rows_are_read_with_what_is_known_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.base.failure import Failure
    from pipeline.task import data

    folders.sample(TASK).write(tmp_path)
    plan = planned(tmp_path, task=", outputs: {label: flagged}")
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_bytes(dump(document(plan.plan, plan.task), heading=""))
    frame = data.read(Path("payments.csv"), "table", {}, {"label": "flagged"})
    truth = data.truth(frame.rename({"flagged": "label"}), ())
    flags = [row["flagged"] for row in folders.sample(TASK).examples(600, 0)]
    assert (int(np.nansum(truth)), int(np.isnan(truth).sum())) == (flags.count(True), flags.count(None))
    assert data.ordinary(frame.rename({"flagged": "label"})).height == 600 - flags.count(True)
    lines = Path("payments.csv").read_text().splitlines()
    Path("payments.csv").write_text("\n".join([*lines, lines[-1].rpartition(",")[0] + ",perhaps"]) + "\n")
    with pytest.raises(Failure, match="neither yes nor no: `perhaps`"):
        data.read(Path("payments.csv"), "table", {}, {"label": "flagged"})
