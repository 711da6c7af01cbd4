"""Metrics against scikit-learn, the gate's verdicts, files written whole, weights found or explained."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests import needs

pytestmark = pytest.mark.usefixtures("pipeline")
LABELS = ("a", "b", "c")


def test_scores_agree_with_scikit_learn() -> None:
    from pipeline.reporting.classification_metrics import scores
    from sklearn import metrics

    chance = np.random.default_rng(3)
    truth = chance.integers(0, 3, 300)
    logits = chance.normal(size=(300, 3)) + 1.5 * np.eye(3)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answers = probabilities.argmax(axis=1)
    found = scores(truth, probabilities, LABELS)
    wanted = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "macro_f1": metrics.f1_score(truth, answers, average="macro"),
        "weighted_f1": metrics.f1_score(truth, answers, average="weighted"),
        "macro_precision": metrics.precision_score(truth, answers, average="macro"),
        "macro_recall": metrics.recall_score(truth, answers, average="macro"),
        "auroc": metrics.roc_auc_score(truth, probabilities, multi_class="ovr"),
        "log_loss": metrics.log_loss(truth, probabilities),
    }
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value), name
    assert found["min_f1"] == min(found[f"f1.{label}"] for label in LABELS)


def test_draws_that_do_not_define_a_metric_give_no_bounds() -> None:
    from pipeline.evaluating.resampling import intervals

    def measure(rows: np.ndarray) -> dict[str, float]:
        return {"seen": float(0 in rows) or float("nan"), "never": float("nan")}

    low, high = intervals(range(3), measure)
    assert (low, high) == ({"seen": 1.0}, {"seen": 1.0})


def test_certain_and_right_is_calibrated() -> None:
    from pipeline.reporting.classification_metrics import calibration_error

    assert calibration_error(np.array([0, 1]), np.eye(2)) == 0.0
    assert calibration_error(np.array([1, 0]), np.eye(2)) == 1.0


ROW = {"text": "accuracy >= 95%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.95, "device": None}
FAST = {"text": "latency.p95 <= 20 ms on gpu", "sense": "constrain", "metric": "latency.p95", "op": "<=", "bound": 0.02}


def judged(row: dict[str, object], values: dict[str, float]) -> tuple[object, object]:
    from pipeline.base.verdict import judge

    found = judge(row, values, "cpu", {})  # type: ignore[arg-type]
    return found["verdict"], found["uncertain"]


def test_verdicts() -> None:
    near = {"accuracy.low": 0.93, "accuracy.high": 0.98}
    clear = {"accuracy.low": 0.96, "accuracy.high": 0.99}
    assert judged(ROW, {"accuracy": 0.97, **clear}) == ("pass", False)
    assert judged(ROW, {"accuracy": 0.96, **near}) == ("pass", True)
    assert judged(ROW, {"accuracy": 0.94, **near}) == ("fail", True)
    assert judged(ROW, {}) == ("pending", False)
    assert judged(FAST | {"device": "gpu"}, {"latency.p95": 0.01}) == ("pending", False)
    assert judged(FAST | {"device": "cpu"}, {"latency.p95": 0.01}) == ("pass", False)
    assert judged(FAST | {"device": None}, {"latency.p95": 0.03}) == ("fail", False)
    assert judged({"text": "maximize accuracy", "sense": "maximize", "metric": "accuracy"}, {"accuracy": 0.5}) == (
        "pass",
        False,
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("op", ["<", "<=", ">", ">=", "=="])
def test_what_is_no_finite_number_meets_nothing(value: float, op: str) -> None:
    from pipeline.base.verdict import judge

    found = judge(ROW | {"op": op}, {"accuracy": value}, "cpu", {})  # type: ignore[arg-type]
    assert (found["verdict"], found["value"]) == ("fail", None)
    assert "not a finite number" in str(found["notes"])
    assert judged({"text": "minimize rmse", "sense": "minimize", "metric": "rmse"}, {"rmse": value})[0] == "fail"
    assert judged(ROW | {"op": op, "bound": value}, {"accuracy": 0.97})[0] == "fail"


def test_a_bound_that_looking_at_nothing_reaches_is_told() -> None:
    from pipeline.base.verdict import judge, notes

    found = judge(ROW, {"accuracy": 0.97, "baseline.trivial.accuracy": 0.96}, "cpu", {})  # type: ignore[arg-type]
    assert (found["verdict"], found["trivial"]) == ("pass", 0.96)
    assert notes(found) == ("an answer that looks at no input reaches this bound too",)
    better = judge(ROW, {"accuracy": 0.97, "baseline.trivial.accuracy": 0.6}, "cpu", {})  # type: ignore[arg-type]
    assert notes(better) == ()


def test_rows_whose_answers_are_no_numbers_are_named() -> None:
    from pipeline.base.failure import Failure
    from pipeline.measuring import sound

    fine = {"value": np.array([1.0, 2.0]), "tags": np.array([[1], [2]])}
    sound.answers(fine, ["t.csv:2", "t.csv:3"], "test")
    with pytest.raises(Failure) as caught:
        sound.answers(fine | {"value": np.array([1.0, np.nan])}, ["t.csv:2", "t.csv:3"], "test")
    assert caught.value.code == "TS836"
    assert "`value` is infinite or not a number for 1 of 2 rows of the test split: `t.csv:3`" in caught.value.message
    assert caught.value.evidence == {"output": "value", "rows": ["t.csv:3"]}


def test_rows_that_make_a_metric_overflow_are_named() -> None:
    from pipeline.base.failure import Failure
    from pipeline.measuring import sound

    truth = np.array([1.0, 1e300])

    def alone(row: int) -> dict[str, float]:
        with np.errstate(over="ignore"):
            return {"rmse": float(np.square(truth[row]))}

    sound.values({"rmse": 1.0}, alone, ["a", "b"], "test", {})
    with pytest.raises(Failure, match=r"`rmse` is inf, no finite number, for rows of the test split: `b`"):
        sound.values({"rmse": float("inf")}, alone, ["a", "b"], "test", {})
    with pytest.raises(Failure, match="over the test split as a whole"):
        sound.values({"rmse": float("nan")}, lambda row: {}, ["a", "b"], "test", {})


def test_an_objective_whose_metric_is_not_defined_is_not_met(tmp_path: Path) -> None:
    from pipeline.base.verdict import judge, notes
    from pipeline.gate import explained, reasons

    written = {"accuracy": 0.9, "undefined": {"auroc": "all rows are of one class"}, "partly": {"accuracy": "1 of 9"}}
    (tmp_path / "test.json").write_text(json.dumps(written))
    absent, partial = (reasons(tmp_path / "test.json", kind) for kind in ("undefined", "partly"))
    values = {"accuracy": 0.97, "auroc": float("nan")}
    rows = [judge(ROW | {"metric": name}, values, "cpu", {}) for name in ("auroc", "accuracy")]  # type: ignore[arg-type]
    auroc, accuracy = (explained(row, absent, partial) for row in rows)
    assert (auroc["verdict"], auroc["value"]) == ("fail", None)
    assert notes(auroc) == ("it is not defined on the test split: all rows are of one class",)
    assert (accuracy["verdict"], notes(accuracy)) == ("pass", ("1 of 9",))


def test_worst_verdict_counts() -> None:
    from pipeline.gate import worst

    assert worst(["pass", "pending", "fail"]) == "fail"
    assert worst(["pass", "pending"]) == "pending"
    assert worst([]) == "pass"


def test_side_folder_survives_failure_and_goes_on_success(tmp_path: Path) -> None:
    from pipeline.base.files import side_folder

    def cut_off() -> None:
        with side_folder(tmp_path, "a") as folder:
            (folder / "part").write_text("kept")
            raise KeyError

    with pytest.raises(KeyError):
        cut_off()
    with side_folder(tmp_path, "a") as folder:
        assert (folder / "part").read_text() == "kept"
    assert not (tmp_path / "a").exists()


def test_side_folder_of_other_settings_is_deleted(tmp_path: Path) -> None:
    from pipeline.base.files import side_folder

    (tmp_path / "old").mkdir()
    with side_folder(tmp_path, "new"):
        assert not (tmp_path / "old").exists()


def test_missing_weights_say_where_they_were_looked_for() -> None:
    from pipeline.base.failure import Failure
    from pipeline.pretrained.weights import locate

    sources = [
        {"kind": "path", "name": "no/such/folder", "revision": "", "path": ""},
        {"kind": "package", "name": "no-such-distribution", "revision": "1.0", "path": "x"},
        {"kind": "package", "name": "polars", "revision": "0.0.1", "path": "x"},
    ]
    with pytest.raises(Failure) as caught:
        locate(sources)
    assert caught.value.code == "TS830"
    for part in ("no/such/folder", "not installed", "0.0.1 is pinned"):
        assert part in caught.value.message


def test_weights_of_another_content_are_refused(tmp_path: Path) -> None:
    from pipeline.base.failure import Failure
    from pipeline.pretrained.weights import locate

    (tmp_path / "model.safetensors").write_bytes(b"weights")
    source = {"kind": "path", "name": str(tmp_path), "sha256": {"model.safetensors": sha256(b"weights").hexdigest()}}
    assert locate([source]) == tmp_path
    (tmp_path / "model.safetensors").write_bytes(b"others")
    with pytest.raises(Failure, match="is not the one that was pinned"):
        locate([source])
    with pytest.raises(Failure, match="has no `other`"):
        locate([{**source, "sha256": {"other": "0"}}])


def test_processor_encodes_and_refuses() -> None:
    from pipeline.task.processing import Processor
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "sail": 2, "soup": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    processor = Processor(words, labels=LABELS, max_length=3, pad_id=0)
    tensors = processor.encode({"text": ["sail soup sail soup", "soup", ""]})
    assert tensors["input_ids"].tolist() == [[2, 3, 2], [3, 0, 0], [0, 0, 0]]
    assert tensors["attention_mask"].sum(axis=1).tolist() == [3, 1, 0]
    answer = processor.decode({"probabilities": np.array([[0.1, 0.7, 0.2]], dtype=np.float32)}, {"text": ["x"]})
    assert answer["label"] == ["b"]
    for raw, reason in (({}, "missing"), ({"text": []}, "no texts"), ({"text": [3]}, "int")):
        with pytest.raises(ValueError, match=reason):
            processor.encode(raw)  # type: ignore[arg-type]


def test_tracking_that_is_down_warns(capsys: pytest.CaptureFixture[str]) -> None:
    needs.packages("mlflow")
    from pipeline.reporting.tracking import careful

    @careful
    def broken() -> None:
        raise OSError("no route to host")

    broken()
    assert "no route to host" in capsys.readouterr().err


def test_report_writes_numbers_as_people_read_them() -> None:
    from pipeline.reporting.page import shown

    assert [shown(0.9712, "ratio"), shown(0.0123, "seconds"), shown(91e6, "bytes"), shown(None, "ratio")] == [
        "97.12%",
        "12.30 ms",
        "91.0 MB",
        "–",
    ]
    assert json.dumps(shown(52.3, "per_second")) == '"52/s"'


@pytest.mark.usefixtures("pipeline")
def test_curves_are_drawn_from_csv_and_need_two_points(tmp_path: Path) -> None:
    from pipeline.reporting import curves

    path = tmp_path / "score.csv"
    path.write_text("step,accuracy\n10,0.5\n")
    assert curves.draw(path, "Accuracy") == ""
    path.write_text("step,accuracy\n10,0.5\n20,0.75\n40,0.7\n")
    drawn = curves.draw(path, "Accuracy < 1")
    assert "Accuracy &lt; 1" in drawn
    assert drawn.count(",") == 3
    assert "0.75" in drawn
    assert "step 40" in drawn
    path.write_text("step,loss\n1,2.0\n2,2.0\n")
    assert "nan" not in curves.draw(path, "Loss")


def test_the_memory_of_a_fresh_process_is_its_own(assembled: Path) -> None:
    """Not that of the process which started it, of which ru_maxrss speaks."""
    large = bytearray(b"1") * (400 * 2**20)
    command = [sys.executable, "-c", "from pipeline.measuring.cold_start import peak; print(peak())"]
    done = subprocess.run(command, cwd=assembled, capture_output=True, text=True, check=True)
    assert 10 * 2**20 < int(done.stdout) < len(large)


def test_recorder_hands_everything_to_mlflow_and_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs.packages("mlflow")
    from mlflow import MlflowClient
    from pipeline.reporting.recorder import Recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    sections = {part: {} for part in ("data", "model", "compute", "serve")}
    monitor = {"monitor": {"metric": "score", "better": "lower"}}
    Path("params.yaml").write_text(
        json.dumps({"name": "notes", "version": "0.1.0", "task": "texts", "positive": None, **sections, **monitor})
    )
    Path("build/data").mkdir(parents=True)
    rows = {"train": 8, "validation": 1, "test": 1}
    Path("build/data/report.json").write_text(json.dumps({"rows": rows, "sha256": dict.fromkeys(rows, "0a" * 32)}))
    Path("report.html").write_text("fine")
    recorder = Recorder("key")
    recorder.start()
    for step in (1, 2, 3):
        recorder.log({"validation.score": step / 4}, step)
    measured = {"accuracy": 0.5, "accuracy.low": 0.4, "baseline.trivial.accuracy": 0.1, "latency.p95": 0.01}
    recorder.finish(measured, [Path("report.html")], "pass")
    recorder.close()

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("notes").experiment_id])
    assert (run.info.status, run.data.tags["verdict"], run.data.metrics["test/accuracy"]) == ("FINISHED", "pass", 0.5)
    assert {"intervals/accuracy.low", "baselines/trivial.accuracy", "serving/latency.p95"} < run.data.metrics.keys()
    best = {"training/best.score": 0.25, "training/best.step": 1.0}
    assert {name: run.data.metrics[name] for name in best} == best, "the last epoch is not the best one"
    used = {(one.tags[0].value, one.dataset.name) for one in run.inputs.dataset_inputs}
    named = {"training": "train split", "validation": "validation split", "evaluation": "test split"}
    assert used == set(named.items())
    history = client.get_metric_history(run.info.run_id, "epochs/score")
    assert [(one.step, one.value) for one in history] == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["report.html"]


def test_a_recorder_that_died_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.reporting.recorder import Recorder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    recorder = Recorder("key")
    recorder.process.kill()
    recorder.process.wait()
    recorder.start()
    recorder.close()
    assert "MLflow did not record this" in capsys.readouterr().err


def test_batches_that_run_side_by_side_answer_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.graph import inference

    class Session:
        """Answers the length of each text, slower for shorter ones."""

        def get_outputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="length")]

        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="tokens")]

        def run(self, names: list[str], taken: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            time.sleep(0.02 / taken["tokens"][0])
            return [taken["tokens"] * 2]

    class Lengths:
        def encode(self, raw: Mapping[str, list[str]]) -> dict[str, np.ndarray]:
            return {"tokens": np.array([len(text) for text in raw["text"]])}

    texts = ["x" * (1 + (7 * number) % 41) for number in range(100)]
    answers = []
    for count in (1, 3):
        monkeypatch.setattr(inference, "workers", lambda session, count=count: count)
        answers.append(inference.predict(Session(), Lengths(), {"text": texts})["length"].tolist())  # type: ignore[arg-type]
    assert answers == [[2 * len(text) for text in texts]] * 2
