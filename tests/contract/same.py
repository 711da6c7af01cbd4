"""A model whose raw requests are its tensors, so that Triton and our server serve one contract; and what to ask."""

import json
import random
import shutil
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from tests.serving import tiny
from trainerspec.backends import triton
from trainerspec.language.yaml import dump

NAME, MOST = "same", 4
INPUTS = [
    {"name": "x", "kind": "column", "datatype": "FP32", "shape": [-1, 3]},
    {"name": "n", "kind": "column", "datatype": "INT64", "shape": [-1, 2]},
]
OUTPUTS = [
    {"name": "y", "kind": "column", "datatype": "FP32", "shape": [-1, 3]},
    {"name": "m", "kind": "column", "datatype": "INT64", "shape": [-1, 2]},
]
PARAMS = {
    **tiny.PARAMS,
    "name": NAME,
    "labels": [],
    "positive": None,
    "contract": {"raw": INPUTS, "tensors": {"inputs": INPUTS, "outputs": OUTPUTS}, "answer": OUTPUTS},
}
PROCESSING = '''"""Nothing to do: tensors come and go as they are."""


class Processor:
    def encode(self, raw):
        return dict(raw)

    def decode(self, tensors, raw):
        return dict(tensors)


def load(folder):
    return Processor()
'''


def package(folder: Path) -> Path:
    """Lay out the package: y = 2 x, m = n + 1."""
    two, one = (
        helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0]),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
    )
    kinds = {"FP32": TensorProto.FLOAT, "INT64": TensorProto.INT64}
    values = [
        [helper.make_tensor_value_info(p["name"], kinds[p["datatype"]], ["batch", p["shape"][1]]) for p in side]  # type: ignore[index]
        for side in (INPUTS, OUTPUTS)
    ]
    nodes = [helper.make_node("Mul", ["x", "two"], ["y"]), helper.make_node("Add", ["n", "one"], ["m"])]
    model = helper.make_model(
        helper.make_graph(nodes, NAME, *values, [two, one]), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    path = folder / "model_repository" / NAME / "1" / "model.onnx"
    path.parent.mkdir(parents=True)
    onnx.save(model, path)
    for place, content in triton.repository(PARAMS).items():  # type: ignore[arg-type]
        (folder / place).write_bytes(content)
    tiny.pipeline(folder)
    (folder / "pipeline" / "task" / "processing.py").write_text(PROCESSING)
    (folder / "params.yaml").write_bytes(dump(PARAMS))  # type: ignore[arg-type]
    raw, answer = {"x": [1.0, 2.0, 3.0], "n": [4, 5]}, {"y": [2.0, 4.0, 6.0], "m": [5, 6]}
    (folder / "golden.jsonl").write_text(json.dumps({"id": "0", "raw": raw, "answer": answer}) + "\n")
    for cached in [*(folder / "pipeline").rglob("__pycache__")]:
        shutil.rmtree(cached)
    return tiny.seal(folder, NAME)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request, and what it is about."""

    about: str
    path: str = f"/v2/models/{NAME}/infer"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def tensors(rows: int, chance: random.Random) -> list[dict[str, object]]:
    """Return both inputs with random values."""
    x = [round(chance.uniform(-9, 9), 3) for _ in range(3 * rows)]
    n = [chance.randint(-99, 99) for _ in range(2 * rows)]
    return [
        {"name": "x", "datatype": "FP32", "shape": [rows, 3], "data": x},
        {"name": "n", "datatype": "INT64", "shape": [rows, 2], "data": n},
    ]


def binary(about: str, given: list[dict[str, object]], *, cut: int = 0, more: bytes = b"", **rest: object) -> Ask:
    """Send inputs as binary tensor data."""
    heads, tail = [], b""
    for tensor, code in zip(given, "fq", strict=True):
        data = tensor["data"]
        assert isinstance(data, list)
        packed = struct.pack(f"<{len(data)}{code}", *data)
        head = {key: value for key, value in tensor.items() if key != "data"}
        heads.append({**head, "parameters": {"binary_data_size": len(packed)}})
        tail += packed
    start = json.dumps({"inputs": heads, **rest}).encode()
    headers = {"Inference-Header-Content-Length": str(len(start)), "Content-Type": "application/octet-stream"}
    return Ask(about=about, body=start + (tail[:-cut] if cut else tail) + more, headers=headers)


def plain(about: str, given: object, path: str = Ask.path, **rest: object) -> Ask:
    """Send inputs as JSON."""
    return Ask(about=about, path=path, body=json.dumps({"inputs": given, **rest}).encode())


def nested(tensor: dict[str, object]) -> dict[str, object]:
    """Return the data as lists in lists."""
    data, shape = tensor["data"], tensor["shape"]
    assert isinstance(data, list)
    assert isinstance(shape, list)
    return {**tensor, "data": [data[at : at + shape[1]] for at in range(0, len(data), shape[1])]}


def round_of(chance: random.Random) -> Iterator[Ask]:
    """Return one of each kind of request, with fresh values."""
    rows = chance.randint(1, MOST)
    x, n = tensors(rows, chance)
    wishes = [{"name": "m"}]
    yield plain("good", [x, n])
    yield plain("good, the other order", [n, x])
    yield plain("good, nested data", [nested(x), nested(n)])
    yield plain("good, with an id", [x, n], id=f"r{rows}")
    yield plain("good, one output", [x, n], outputs=wishes)
    yield plain("good, version in the path", [x, n], path=f"/v2/models/{NAME}/versions/1/infer")
    yield binary("good, binary", [x, n])
    yield binary("good, binary both ways", [x, n], parameters={"binary_data_output": True})
    yield plain("good, one output binary", [x, n], outputs=[{"name": "y", "parameters": {"binary_data": True}}])
    packed = zlib.compress(json.dumps({"inputs": [x, n]}).encode())
    yield Ask(about="good, deflated", body=packed, headers={"Content-Encoding": "deflate"})
    yield plain("integers for FP32", [{**x, "data": [1] * (3 * rows)}, n])
    yield plain("an output that is none", [x, n], outputs=[{"name": "z"}])
    yield plain("an input that is none", [x, {**n, "name": "z"}])
    yield plain("an input is missing", [x])
    yield plain("no inputs", [])
    yield plain("an input twice", [x, x])
    yield plain("another datatype", [{**x, "datatype": "FP64"}, n])
    yield plain("a datatype that is none", [{**x, "datatype": "FLOAT"}, n])
    yield plain("a rank too many", [{**x, "shape": [rows, 3, 1]}, n])
    yield plain("a rank too few", [{**x, "shape": [3 * rows]}, n])
    yield plain("another width", [{**x, "shape": [rows, 4], "data": [0.5] * (4 * rows)}, n])
    yield plain("too few values", [{**x, "data": x["data"][:-1]}, n])  # type: ignore[index]
    yield plain("too many values", [{**x, "data": [*x["data"], 1.0]}, n])  # type: ignore[misc]
    yield plain("a negative size", [{**x, "shape": [-1, 3]}, n])
    yield plain("no shape", [{key: value for key, value in x.items() if key != "shape"}, n])
    yield plain("no data", [{key: value for key, value in x.items() if key != "data"}, n])
    yield plain("text for numbers", [{**x, "data": ["a"] * (3 * rows)}, n])
    yield plain("fractions for INT64", [x, {**n, "data": [0.5] * (2 * rows)}])
    yield plain("true for INT64", [x, {**n, "data": [True] * (2 * rows)}])
    yield plain("too many rows", tensors(MOST + 1, chance))
    yield plain("unequal rows", [x, tensors(rows % MOST + 1, chance)[1]])
    yield plain("no rows", [{**x, "shape": [0, 3], "data": []}, {**n, "shape": [0, 2], "data": []}])
    yield plain("another model", [x, n], path="/v2/models/other/infer")
    yield plain("another version", [x, n], path=f"/v2/models/{NAME}/versions/2/infer")
    yield plain("inputs is no list", x)
    yield plain("an id that is not a string", [x, n], id=7)
    yield Ask(about="no JSON", body=b'{"inputs": [')
    yield Ask(about="an empty body")
    yield Ask(about="a list", body=b"[1, 2]")
    yield binary("binary, cut", [x, n], cut=4)
    yield binary("binary, too long", [x, n], more=b"12345678")
    wrong = binary("", [x, n])
    yield Ask(about="a length outside the body", body=wrong.body, headers={"Inference-Header-Content-Length": "99999"})
    yield Ask(about="a length that is none", body=wrong.body, headers={"Inference-Header-Content-Length": "ten"})
    yield Ask(about="another method", method="GET")
    yield Ask(about="nothing there", path="/v2/nothing", method="GET")
    for path in ("/v2/health/live", "/v2/health/ready", "/v2", f"/v2/models/{NAME}", f"/v2/models/{NAME}/ready"):
        yield Ask(about=f"GET {path}", path=path, method="GET")


def requests(count: int) -> list[Ask]:
    """Return that many requests, the same ones every time."""
    chance, made = random.Random(7), []
    while len(made) < count:
        made += list(round_of(chance))
    return made[:count]
