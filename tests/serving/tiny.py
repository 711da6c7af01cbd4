"""A package small enough for tests of seconds: a graph of three nodes, a processor of ten lines, golden answers."""

import base64
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from trainerspec import assets
from trainerspec.language.yaml import dump

LABELS = ["even", "odd", "no"]
SHARED = assets.folder("templates") / "_shared" / "project" / "pipeline"
PROCESSING = '''"""Counts characters."""

from pathlib import Path

import numpy as np

LABELS = ["even", "odd", "no"]


class Processor:
    def encode(self, raw):
        if any(len(text) > 5000 for text in raw["text"]):
            raise ValueError("a text is longer than 5000 characters")
        return {"counts": np.array([[len(t) % 2 == 0, len(t) % 2, t == ""] for t in raw["text"]], dtype=np.float32)}

    def decode(self, tensors, raw):
        scores = tensors["probabilities"]
        return {"label": [LABELS[i] for i in scores.argmax(axis=1)], "scores": scores}


FILES = ()


def load(folder: Path) -> Processor:
    return Processor()
'''
PARAMS: dict[str, object] = {
    "name": "tiny",
    "version": "0.1.0",
    "task": "text-classification",
    "inputs": {"text": "text"},
    "outputs": {"label": "label"},
    "labels": LABELS,
    "metrics": {
        "accuracy": {"title": "Accuracy", "unit": "ratio", "better": "higher", "device": False},
        "latency.p95": {"title": "Latency", "unit": "seconds", "better": "lower", "device": True},
    },
    "compute": {"train": "cpu", "threads": 1},
    "serve": {"runtime": "triton", "engine": "onnx", "precision": "fp32", "max_batch_size": 4, "instances": 1},
    "contract": {
        "raw": [{"name": "text", "kind": "text", "datatype": "BYTES", "shape": [-1], "role": "text"}],
        "tensors": {
            "inputs": [{"name": "counts", "kind": "tensor", "datatype": "FP32", "shape": [-1, 3]}],
            "outputs": [{"name": "probabilities", "kind": "tensor", "datatype": "FP32", "shape": [-1, 3]}],
        },
        "answer": [
            {"name": "label", "kind": "label", "datatype": "BYTES", "shape": [-1], "role": "label"},
            {"name": "scores", "kind": "scores", "datatype": "FP32", "shape": [-1, 3]},
        ],
    },
}
TEXTS = ["The company said its profit rose", "odd", "", "Прогноз погоды на завтра 🎉"]


def graph(path: Path) -> None:
    """Write softmax(5 x)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    five = helper.make_tensor("five", TensorProto.FLOAT, [1], [5.0])
    nodes = [
        helper.make_node("Mul", ["counts", "five"], ["scaled"]),
        helper.make_node("Softmax", ["scaled"], ["probabilities"], axis=1),
    ]
    shapes = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", 3]) for n in ("counts", "probabilities")]
    model = helper.make_model(
        helper.make_graph(nodes, "tiny", shapes[:1], shapes[1:], [five]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    onnx.save(model, path)


def golden(path: Path, texts: list[str]) -> None:
    """Write golden.jsonl as the export stage does."""
    lines = []
    for index, text in enumerate(texts):
        counts = np.array([len(text) % 2 == 0, len(text) % 2, text == ""], dtype=np.float64)
        scores = np.exp(5 * counts) / np.exp(5 * counts).sum()
        answer = {"label": LABELS[int(scores.argmax())], "scores": scores.tolist()}
        outputs = {"probabilities": {"datatype": "FP32", "shape": [1, 3], "data": scores.tolist()}}
        lines.append({"id": str(index), "raw": {"text": text}, "tensors": {}, "outputs": outputs, "answer": answer})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def package(folder: Path) -> Path:
    """Lay out a package by hand, without the package stage."""
    graph(folder / "model_repository" / "tiny" / "1" / "model.onnx")
    golden(folder / "golden.jsonl", TEXTS)
    pipeline(folder)
    (folder / "params.yaml").write_bytes(dump(PARAMS))  # type: ignore[arg-type]
    digest = hashlib.sha256((folder / "golden.jsonl").read_bytes()).hexdigest()
    (folder / "package.json").write_text(json.dumps({"name": "tiny", "files": {"golden.jsonl": digest}}))
    return folder


def pipeline(folder: Path) -> None:
    """Copy the shared modules and add the processor."""
    shutil.copytree(SHARED, folder / "pipeline", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    (folder / "pipeline" / "processing.py").write_text(PROCESSING, encoding="utf-8")


def picture(value: bytes) -> str:
    """Give bytes as JSON has them."""
    return base64.b64encode(value).decode()
