"""Each number format gives a graph of its kind, with nearly the same answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

pytestmark = pytest.mark.usefixtures("pipeline")
WIDTH = 16


def rows(seed: int, count: int = 64) -> Any:
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A network of two layers."""
    draw = np.random.default_rng(0)
    weights = [draw.normal(size=shape).astype(np.float32) / 4 for shape in ((WIDTH, WIDTH), (WIDTH, 4))]
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "w1"], ["y"]),
    ]
    ports = [helper.make_tensor_value_info(*port) for port in (("x", 1, ["n", WIDTH]), ("y", 1, ["n", 4]))]
    kept = [numpy_helper.from_array(array, f"w{index}") for index, array in enumerate(weights)]
    model = helper.make_model(
        helper.make_graph(nodes, "two", ports[:1], ports[1:], kept), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    onnx.save(model, tmp_path / "fp32.onnx")
    return tmp_path / "fp32.onnx"


def answers(path: Path) -> Any:
    return onnxruntime.InferenceSession(path).run(None, {"x": rows(5)})[0]


def apart(one: Path, other: Path) -> float:
    return float(np.abs(answers(one) - answers(other)).max())


def test_int8_for_tensorrt_is_symmetric_with_scales_of_the_rows(graph: Path, tmp_path: Path) -> None:
    from pipeline.graph import precision

    asked = []

    def batches() -> Iterator[dict[str, Any]]:
        for seed in range(4):
            asked.append(seed)
            yield {"x": rows(seed)}

    precision.calibrate(graph, tmp_path / "int8.onnx", batches())
    made = onnx.load(tmp_path / "int8.onnx")
    kinds = [node.op_type for node in made.graph.node]
    assert kinds.count("QuantizeLinear") >= 2
    assert "MatMulInteger" not in kinds, "TensorRT has no such operator"
    zeros = {node.input[2] for node in made.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")}
    arrays = {one.name: numpy_helper.to_array(one) for one in made.graph.initializer}
    assert all(not arrays[name].any() for name in zeros), "TensorRT computes with zero points of 0"
    assert {one.data_type for one in made.graph.initializer} >= {TensorProto.INT8}
    assert asked == [0, 1, 2, 3]
    assert 0 < apart(graph, tmp_path / "int8.onnx") < 0.1


def test_fp16_is_a_typed_graph_with_ports_in_fp32(graph: Path, tmp_path: Path) -> None:
    from pipeline.graph import precision

    precision.halve(graph, tmp_path / "fp16.onnx")
    made = onnx.load(tmp_path / "fp16.onnx")
    assert {one.data_type for one in made.graph.initializer} == {TensorProto.FLOAT16}
    assert made.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert 0 < apart(graph, tmp_path / "fp16.onnx") < 0.01


def test_int8_for_onnx_runtime_scales_activations_as_they_come(graph: Path, tmp_path: Path) -> None:
    from pipeline.graph import precision

    precision.quantize(graph, tmp_path / "int8.onnx")
    assert "MatMulInteger" in [node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node]
    assert 0 < apart(graph, tmp_path / "int8.onnx") < 0.1
