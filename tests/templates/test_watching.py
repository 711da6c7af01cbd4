"""The reference profile and what is counted against it: quiet samples raise no alarm, planted drifts are found."""

import doctest
import io
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("pipeline")
TABLE: list[dict[str, object]] = [
    {"name": "age", "kind": "column", "datatype": "FP32", "shape": [-1], "optional": True},
    {"name": "calls", "kind": "column", "datatype": "INT64", "shape": [-1]},
    {"name": "plan", "kind": "column", "datatype": "BYTES", "shape": [-1], "optional": True},
]
ANSWER: list[dict[str, object]] = [
    {"name": "label", "kind": "label", "datatype": "BYTES", "shape": [-1], "role": "label"},
    {"name": "scores", "kind": "scores", "datatype": "FP32", "shape": [-1, 2]},
]
Rows = dict[str, Sequence[object]]


def customers(chance: np.random.Generator, count: int) -> Rows:
    """Make rows: a number with gaps, a count with many zeros, a category with a long tail."""
    age = np.where(chance.random(count) < 0.1, np.nan, chance.normal(45, 12, count))
    plans = np.array([f"plan {one}" for one in range(40)])
    share = 1 / np.arange(1, 41)
    calls, plan = chance.poisson(0.7, count), plans[chance.choice(40, count, p=share / share.sum())]
    return {"age": age.tolist(), "calls": calls.tolist(), "plan": plan.tolist()}


class Decoder:
    """Answers with the graph's outputs as they are."""

    def decode(self, tensors: Mapping[str, np.ndarray], raw: Mapping[str, Sequence[object]]) -> dict[str, object]:
        scores = tensors["probabilities"]
        return {"label": ["ab"[one] for one in scores.argmax(axis=1)], "scores": scores}


def scores(rows: Rows) -> np.ndarray:
    """Return the probabilities of a model that looks at `calls`."""
    sure = 1 / (1 + np.exp(1 - np.array(rows["calls"], dtype=np.float32)))
    return np.stack([1 - sure, sure], axis=1)


def agreed(raw: list[dict[str, object]], answer: list[dict[str, object]]):
    from pipeline.base.contract import Contract, ports

    return Contract(raw=ports(raw), inputs=(), outputs=(), answer=ports(answer))  # type: ignore[arg-type]


def written(folder: Path, rows: Rows, groups: Sequence[object] | None = None, *, backwards: bool = False):
    """Profile rows in batches of 64, as evaluation does, and read the file."""
    from pipeline.watching import reference
    from pipeline.watching.profiling import Profiling

    count = len(rows["age"])
    made = Profiling(agreed(TABLE, ANSWER), Decoder(), rows, groups or range(count))
    starts = range(0, count, 64)
    for start in reversed(starts) if backwards else starts:
        places = range(start, min(count, start + 64))
        some = {name: [values[place] for place in places] for name, values in rows.items()}
        made.see(places, some, {"probabilities": scores(some)})
    folder.mkdir()
    made.write(folder)
    found = reference.load(folder)
    assert found is not None
    return found


def counted(profile, rows: Rows):
    from pipeline.watching.counting import Counting

    counting = Counting(profile, agreed(TABLE, ANSWER))
    probabilities = scores(rows)
    arrays = {"age": np.array(rows["age"], np.float32), "calls": np.array(rows["calls"]), "plan": rows["plan"]}
    counting.see(arrays, Decoder().decode({"probabilities": probabilities}, rows))
    return counting


def drifted(profile, rows: Rows) -> set[str]:
    from pipeline.watching.counting import DAILY, compared

    found = compared(profile, counted(profile, rows).total, DAILY)
    return {one.reference.name for one in found if one.drift is not None and one.drift > 1}


def test_quiet_days_raise_no_alarm_and_planted_drifts_are_found(tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    alarms = 0
    for number, size in enumerate((150, 1000, 4000)):
        profile = written(tmp_path / str(number), customers(chance, size))
        for day in range(40):
            found = drifted(profile, customers(chance, (60, 300, 1500, 5000)[day % 4]))
            alarms += bool(found)
    assert alarms == 0, f"{alarms} of 120 quiet days raised an alarm"
    older = customers(chance, 1000)
    older["age"] = [one + 9 for one in older["age"]]  # type: ignore[operator]
    assert drifted(profile, older) == {"input.age"}
    gaps = customers(chance, 1000)
    gaps["age"] = [np.nan if place % 5 == 0 else one for place, one in enumerate(gaps["age"])]
    assert drifted(profile, gaps) == {"input.age"}
    new = customers(chance, 1000)
    new["plan"] = ["plan of the new year" if place % 8 == 0 else one for place, one in enumerate(new["plan"])]
    assert drifted(profile, new) == {"input.plan", "input.plan.unseen"}
    busy = customers(chance, 1000)
    busy["calls"] = [one + 1 for one in busy["calls"]]  # type: ignore[operator]
    assert drifted(profile, busy) == {"input.calls", "answer.label", "answer.scores.top"}


def test_rows_that_come_in_groups_may_vary_more(tmp_path: Path) -> None:
    """A shop has one plan and its customers are of an age: 100 shops say less than 2000 customers."""

    def shops(chance: np.random.Generator) -> tuple[Rows, list[int]]:
        rows = {name: [value for value in values for _ in range(20)] for name, values in customers(chance, 100).items()}
        return rows, [place // 20 for place in range(2000)]

    chance = np.random.default_rng(5)
    rows, groups = shops(chance)
    alone, together = written(tmp_path / "alone", rows), written(tmp_path / "together", rows, groups)
    weeks = [shops(chance)[0] for _ in range(10)]
    assert all(drifted(alone, week) for week in weeks)
    assert [drifted(together, week) for week in weeks] == [set()] * 10
    weeks[0]["calls"] = [one + 2 for one in weeks[0]["calls"]]  # type: ignore[operator]
    assert "input.calls" in drifted(together, weeks[0])


def test_a_profile_is_small_the_same_again_and_holds_no_row(tmp_path: Path) -> None:
    rows = customers(np.random.default_rng(2), 3000)
    rows["plan"] = [f"+49 171 {place:07d}" if place % 3 == 0 else one for place, one in enumerate(rows["plan"])]
    written(tmp_path / "one", rows)
    written(tmp_path / "two", rows, backwards=True)
    content = (tmp_path / "one/profile.json").read_bytes()
    assert content == (tmp_path / "two/profile.json").read_bytes()
    assert len(content) < 20_000
    assert b"+49" not in content
    kept = json.loads(content)
    assert kept["rows"] == 3000
    assert all(sum(one["counts"]) in (1500, 3000) for one in kept["signals"].values())


def test_windows_are_bounded_and_forget(tmp_path: Path) -> None:
    from pipeline.watching.counting import Counting

    chance = np.random.default_rng(3)
    counting = Counting(written(tmp_path / "p", customers(chance, 1000)), agreed(TABLE, ANSWER), half=500)
    busy = customers(chance, 1000)
    busy["calls"] = [9] * 1000
    for rows in (busy, *(customers(chance, 600) for _ in range(3))):
        counting.see(rows, Decoder().decode({"probabilities": scores(rows)}, rows))
    assert counting.rows == 2800
    assert sum(counting.total["input.calls"]) == 2800
    assert sum(counting.recent()["input.calls"]) == 600
    assert not [found for found in counting.drift() if found.drift is not None and found.drift > 1]


def drawn(grey: int, size: tuple[int, int], kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (grey, grey, grey)).save(stream, kind)
    return stream.getvalue()


def test_texts_pictures_lists_and_histories_become_a_few_numbers() -> None:
    from pipeline.base.contract import ports
    from pipeline.watching import signals

    raw = ports(
        [
            {"name": "image", "kind": "image", "datatype": "BYTES", "shape": [-1], "media_type": "image/*"},
            {"name": "phrase", "kind": "phrase", "datatype": "BYTES", "shape": [-1]},
            {"name": "history", "kind": "history", "datatype": "FP64", "shape": [-1, -1]},
            {"name": "seed", "kind": "seed", "datatype": "INT64", "shape": [-1]},
            {"name": "found", "kind": "objects", "datatype": "BYTES", "shape": [-1], "media_type": "application/json"},
        ]
    )
    values = {
        "image": [drawn(51, (40, 20), "PNG"), drawn(204, (4000, 3000), "JPEG"), drawn(9, (2000, 2000), "PNG"), b"no"],
        "phrase": ["the red Cup", "", "zyx cup", "…"],
        "history": [[1.0, np.nan, 3.0], [2.0], [], [np.nan]],
        "seed": [1, 2, 3, 4],
        "found": [[{"score": 0.25}, {"score": 0.75}], [], [{"score": 0.5}], [{}]],
    }
    known = {"input.phrase": frozenset(map(signals.digest, ("the", "red", "cup")))}
    found = signals.read("input", raw, values, known)
    assert found == {
        "input.image.pixels": [800.0, 12_000_000.0, 4_000_000.0, None],
        "input.image.aspect": [2.0, 1.33333, 1.0, None],
        "input.image.brightness": [0.2, 0.8, None, None],
        "input.image.contrast": [0.0, 0.0, None, None],
        "input.phrase.characters": [11.0, None, 7.0, 1.0],
        "input.phrase.unseen_words": [0.0, None, 0.5, None],
        "input.history.last": [3.0, 2.0, None, None],
        "input.history.missing": [pytest.approx(1 / 3), 0.0, None, 1.0],
        "input.history.mean": [2.0, 2.0, None, None],
        "input.history.spread": [2.0, 0.0, None, None],
        "input.found.count": [2.0, 0.0, 1.0, 1.0],
        "input.found.top": [0.75, None, 0.5, None],
    }


@pytest.mark.parametrize(
    ("right", "rows", "verdicts"),
    [
        (0.93, 400, ("pass", "pass")),
        (0.89, 400, ("uncertain", "pass")),
        (0.70, 400, ("misses", "worse")),
        (0.70, 40, ("uncertain", "")),
    ],
)
def test_live_quality_is_judged_beyond_chance(
    tmp_path: Path, right: float, rows: int, verdicts: tuple[str, str]
) -> None:
    from pipeline.base.params import Params
    from pipeline.monitoring.feedback import judged

    settings = {
        "metrics": {"accuracy": {"unit": "ratio", "title": "Accuracy"}},
        "monitor": {"metric": "accuracy", "better": "higher"},
        "objectives": [
            {"text": "accuracy >= 90%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.9},
            {"text": "latency.p95 <= 1 ms", "sense": "constrain", "metric": "latency.p95", "op": "<=", "bound": 0.001},
        ],
    }
    (tmp_path / "metrics.json").write_text(json.dumps({"accuracy": 0.93, "accuracy.low": 0.90, "accuracy.high": 0.96}))
    hits = np.arange(rows) < right * rows
    bundle = SimpleNamespace(settings=Params(settings), folder=tmp_path)
    found = judged({"accuracy": right}, lambda some: {"accuracy": float(hits[some].mean())}, rows, bundle)  # type: ignore[arg-type]
    assert [one.title for one in found] == ["accuracy >= 90%", "accuracy"]
    assert tuple(one.verdict for one in found) == verdicts
    assert found[0].now[1] < right < found[0].now[2]


@pytest.mark.parametrize("value", ["+Inf", "NaN", "-3", "1.5"])
def test_a_scrape_whose_counts_are_none_is_told(tmp_path: Path, value: str) -> None:
    from pipeline.base.failure import Failure
    from pipeline.monitoring.samples import of_metrics
    from pipeline.watching.reference import Profile, Reference

    profile = Profile(rows=9, signals=(Reference(name="input.age", counts=(5, 4), edges=()),), known={})
    scrape = tmp_path / "metrics.txt"
    scrape.write_text(f'serve_watched_rows_total{{model="m",signal="input.age",bin="0"}} {value}\n')
    with pytest.raises(Failure, match="does not hold"):
        of_metrics([str(scrape)], profile, "m")


@pytest.mark.parametrize(("column", "audit"), [("answer", []), ("region", ["region"])])
def test_feedback_without_a_column_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, audit: list[str]
) -> None:
    from pipeline.base.failure import Failure
    from pipeline.base.params import Params
    from pipeline.monitoring import feedback

    given = {"text": ["a", "b"], "__key": ["a", "b"], "__place": ["1", "2"]} | ({"answer": ["x", "y"]} if audit else {})
    monkeypatch.setattr(feedback.data, "read", lambda *_: pl.DataFrame(given))
    data = {"layout": "table", "audit": audit, "clean": []}
    settings = {"data": data, "labels": ["x", "y"], "inputs": {"text": "text"}, "outputs": {"label": "answer"}}
    with pytest.raises(Failure, match=f"no column `{column}`"):
        feedback.rows(tmp_path / "may.csv", Params(settings))


def test_feedback_is_read_in_the_forms_that_the_spec_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.base.params import Params
    from pipeline.monitoring import feedback

    (tmp_path / "may.csv").write_text("amount;answer\n1.234;x\n2.500;y\n")
    monkeypatch.setattr(feedback.data, "read", lambda source, *_: feedback.table_files.read(source))
    monkeypatch.setattr(feedback.table_files, "forms", {})
    clean = [{"parse_number": {"column": "amount", "decimal": ",", "thousands": "."}}]
    data = {"layout": "table", "audit": [], "clean": clean}
    settings = {"data": data, "labels": ["x", "y"], "inputs": {"amount": "amount"}, "outputs": {"label": "answer"}}
    frame, left_out = feedback.rows(tmp_path / "may.csv", Params(settings))
    assert (frame["amount"].to_list(), left_out) == ([1234.0, 2500.0], 0)


def test_the_share_that_moved_counts_missing_values() -> None:
    from pipeline.server.drift import Drift
    from pipeline.watching.counting import Counting
    from pipeline.watching.reference import Profile, Reference

    one = Reference(name="input.age", counts=(250, 250, 0), edges=(40.0,))
    counting, shown = Counting(Profile(rows=500, signals=(one,), known={}), agreed([], [])), Drift()
    counting.now["input.age"] = [125, 125, 250]
    shown.show("m", counting)
    values = {metric.name: [sample.value for sample in metric.samples] for metric in shown.collect()}
    assert (values["serve_drift"][0] > 1, values["serve_drift_moved"]) == (True, [0.5])


@pytest.mark.parametrize("name", ["noise", "reference", "signals"])
def test_docstrings_show_what_is_true(name: str) -> None:
    done = doctest.testmod(import_module(f"pipeline.watching.{name}"))
    assert done.attempted > 0
    assert done.failed == 0
