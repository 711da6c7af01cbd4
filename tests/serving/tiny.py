"""A package small enough for tests of seconds: a graph of three nodes, a processor of ten lines, golden answers."""

import base64
import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageOps

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
    "positive": None,
    "metrics": {
        "accuracy": {"title": "Accuracy", "unit": "ratio", "better": "higher", "device": False},
        "latency.p95": {"title": "Latency", "unit": "seconds", "better": "lower", "device": True},
    },
    "data": {"source": {"kind": "path", "value": "data/texts"}, "checks": {"acknowledge": []}},
    "model": {"base": {"id": "counts", "licence": "Apache-2.0", "sources": []}},
    "compute": {"train": "cpu", "threads": 1},
    "serve": {
        "runtime": "triton",
        "engine": "onnx",
        "precision": "fp32",
        "max_batch_size": 4,
        "instances": 1,
        "examples": "typical",
    },
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
PROFILE = {
    "version": 1,
    "rows": 200,
    "signals": {
        "answer.label": {"counts": [90, 90, 20, 0, 0], "effect": 1.0, "values": LABELS},
        "input.text.characters": {"counts": [60, 60, 60, 20], "effect": 1.0, "edges": [10.0, 40.0]},
    },
    "known": {},
}
"""As evaluation writes it."""
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
    (folder / "profile.json").write_text(json.dumps(PROFILE))
    (folder / "params.yaml").write_bytes(dump(PARAMS))  # type: ignore[arg-type]
    return seal(folder, "tiny")


def seal(folder: Path, name: str) -> Path:
    """Write package.json, as the package stage does."""
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.suffix != ".log" and path.name != "package.json"
    ]
    listed = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "package.json").write_text(json.dumps({"name": name, "files": listed}))
    return folder


def change(folder: Path, path: str, old: str, new: str) -> None:
    """Change one file of the package, and its digest in package.json."""
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")
    seal(folder, "tiny")


def pipeline(folder: Path) -> None:
    """Copy the shared modules, with the reader's that tells of full disks, and add the processor."""
    shutil.copytree(SHARED, folder / "pipeline", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    (folder / "pipeline" / "reading").mkdir(exist_ok=True)
    for name in ("__init__.py", "disk.py"):
        shutil.copy(assets.reading() / name, folder / "pipeline" / "reading" / name)
    (folder / "pipeline" / "task" / "processing.py").write_text(PROCESSING, encoding="utf-8")


def picture(value: bytes) -> str:
    """Return bytes as JSON has them."""
    return base64.b64encode(value).decode()


PICTURES: dict[str, object] = {
    **PARAMS,
    "name": "find-it",
    "task": "visual-grounding",
    "labels": [],
    "positive": None,
    "contract": {
        "raw": [
            {"name": "image", "kind": "image", "datatype": "BYTES", "shape": [-1], "media_type": "image/*"},
            {"name": "phrase", "kind": "phrase", "datatype": "BYTES", "shape": [-1]},
            {"name": "seed", "kind": "seed", "datatype": "INT64", "shape": [-1]},
            {"name": "zoom_level", "kind": "column", "datatype": "FP32", "shape": [-1]},
        ],
        "tensors": {
            "inputs": [{"name": "x", "kind": "tensor", "datatype": "FP32", "shape": [-1, 4]}],
            "outputs": [{"name": "y", "kind": "tensor", "datatype": "FP32", "shape": [-1, 4]}],
        },
        "answer": [
            {"name": "box", "kind": "box", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "score", "kind": "score", "datatype": "FP32", "shape": [-1]},
            {"name": "mirrored", "kind": "image", "datatype": "BYTES", "shape": [-1], "media_type": "image/png"},
        ],
    },
}
PICTURE_PROCESSING = '''"""Finds the middle of every picture."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError


def opened(data):
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("input `image` is not a picture that can be read") from error


class Processor:
    def encode(self, raw):
        sizes = [opened(data).size for data in raw["image"]]
        return {"x": np.array([[w / 4, h / 4, w * 3 / 4, h * 3 / 4] for w, h in sizes], dtype=np.float32)}

    def decode(self, tensors, raw):
        pictures = []
        for data in raw["image"]:
            out = io.BytesIO()
            ImageOps.mirror(opened(data)).save(out, "PNG")
            pictures.append(out.getvalue())
        score = np.array([len(p) / 100 for p in raw["phrase"]], dtype=np.float32) + raw["seed"] * raw["zoom_level"]
        return {"box": tensors["y"], "score": score.astype(np.float32), "mirrored": pictures}


def load(folder: Path) -> Processor:
    return Processor()
'''


def drawing(size: tuple[int, int] = (160, 120)) -> bytes:
    """Draw a PNG."""
    picture = Image.new("RGB", size, "#dfe8f5")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 30, 110, 85), fill="#d2603a")
    pen.ellipse((10, 80, 40, 110), fill="#3a7bd2")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """Return a PNG of 18 kB that unpacks to 144 million pixels."""
    out = io.BytesIO()
    Image.new("1", (12000, 12000)).save(out, "PNG")
    return out.getvalue()


def picture_package(folder: Path) -> Path:
    """Lay out a package with pictures in and out."""
    path = folder / "model_repository" / "find-it" / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in ("x", "y")]
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    model = helper.make_model(
        helper.make_graph(nodes, "same", shapes[:1], shapes[1:]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    onnx.save(model, path)
    pipeline(folder)
    (folder / "pipeline" / "task" / "processing.py").write_text(PICTURE_PROCESSING, encoding="utf-8")
    (folder / "params.yaml").write_bytes(dump(PICTURES))  # type: ignore[arg-type]
    raw = {"image": {"base64": picture(drawing())}, "phrase": "the red one", "seed": 7, "zoom_level": 0.05}
    mirror = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(drawing()))).save(mirror, "PNG")
    answer = {"box": [40.0, 30.0, 120.0, 90.0], "score": 0.46, "mirrored": {"base64": picture(mirror.getvalue())}}
    (folder / "golden.jsonl").write_text(json.dumps({"id": "0", "raw": raw, "answer": answer}) + "\n")
    return seal(folder, "find-it")
