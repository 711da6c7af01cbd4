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

    onnx.checker.check_model(str(tmp_path / "fp16.onnx"))


def test_fp16_with_casts_of_inputs_is_a_valid_graph(pictures: Path, tmp_path: Path) -> None:
    """Each node stands behind what it reads, which ONNX Runtime does not ask for, but others do."""
    from pipeline.graph import precision

    precision.halve(pictures, tmp_path / "fp16.onnx")
    onnx.checker.check_model(str(tmp_path / "fp16.onnx"))


def rowwise(source: Path, tmp_path: Path) -> Path:
    from pipeline.graph import rowwise

    rowwise.quantize(source, tmp_path / "int8.onnx")
    onnx.checker.check_model(str(tmp_path / "int8.onnx"))
    return tmp_path / "int8.onnx"


def test_int8_for_onnx_runtime_has_a_scale_a_row(graph: Path, tmp_path: Path) -> None:
    made = rowwise(graph, tmp_path)
    kinds = [node.op_type for node in onnx.load(made).graph.node]
    assert kinds.count("MatMulInteger") == 1, "of 64 weights in the second product nothing is to be gained"
    assert "DynamicQuantizeLinear" not in kinds
    assert {node.domain for node in onnx.load(made).graph.node} <= {"", "ai.onnx"}
    assert 0 < apart(graph, made) < 0.1


def test_int8_answers_the_same_alone_and_beside_a_large_neighbour(graph: Path, tmp_path: Path) -> None:
    session = onnxruntime.InferenceSession(rowwise(graph, tmp_path))
    asked = rows(5, 8)
    alone = session.run(None, {"x": asked[:1]})[0]
    beside = session.run(None, {"x": np.concatenate([asked[:1], 1000 * asked[1:]])})[0][:1]
    assert np.abs(alone - beside).max() < 1e-5


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A network with a convolution, a depthwise one, an embedding that is looked up, and a Gemm with a bias."""
    draw = np.random.default_rng(1)
    weights = {
        "k": draw.normal(size=(16, 3, 3, 3)),
        "kb": draw.normal(size=16),
        "d": draw.normal(size=(32, 1, 3, 3)),
        "e": draw.normal(size=(40, 16)),
        "g": draw.normal(size=(32, 16)),
        "gb": draw.normal(size=32),
        "c": draw.normal(size=(16, 16)),
    }
    make = helper.make_node
    nodes = [
        make("Conv", ["x", "k", "kb"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        make("Concat", ["a", "a"], ["aa"], axis=1),
        make("Conv", ["aa", "d"], ["b"], group=32, pads=[1, 1, 1, 1]),
        make("GlobalAveragePool", ["b"], ["p"]),
        make("Flatten", ["p"], ["f"]),
        make("Gather", ["e", "id"], ["looked"]),
        make("Gemm", ["looked", "g", "gb"], ["h"], transB=1),
        make("Mul", ["f", "h"], ["y"]),
    ]
    taken = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8]),
        helper.make_tensor_value_info("id", TensorProto.INT64, ["n"]),
    ]
    given = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 32])]
    kept = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items() if name != "c"]
    model = helper.make_model(
        helper.make_graph(nodes, "p", taken, given, kept), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    onnx.save(model, tmp_path / "pictures.onnx")
    return tmp_path / "pictures.onnx"


def test_int8_of_convolutions_embeddings_and_biases(pictures: Path, tmp_path: Path) -> None:
    made = rowwise(pictures, tmp_path)
    kinds = [node.op_type for node in onnx.load(made).graph.node]
    assert (kinds.count("ConvInteger"), kinds.count("Conv"), kinds.count("Gemm")) == (2, 0, 0)
    draw = np.random.default_rng(2)
    asked = {"x": draw.normal(size=(6, 3, 8, 8)).astype(np.float32), "id": np.arange(6)}
    full, small = (onnxruntime.InferenceSession(path).run(None, asked)[0] for path in (pictures, made))
    assert 0 < np.abs(full - small).max() < 0.02 * np.abs(full).max() + 0.1
    one = {name: value[:1] for name, value in asked.items()}
    louder = {"x": np.concatenate([asked["x"][:1], 500 * asked["x"][1:]]), "id": asked["id"]}
    alone, beside = (onnxruntime.InferenceSession(made).run(None, tensors)[0][:1] for tensors in (one, louder))
    assert np.abs(alone - beside).max() < 1e-4


def test_a_row_of_zeros_stays_one(graph: Path, tmp_path: Path) -> None:
    found = onnxruntime.InferenceSession(rowwise(graph, tmp_path)).run(None, {"x": np.zeros((2, WIDTH), np.float32)})
    assert not found[0].any()


def test_values_that_half_precision_cannot_hold_are_seen(graph: Path) -> None:
    """The answers stay small: only inside, between the products, does a value pass 65504."""
    from pipeline.graph import hidden

    assert hidden.reach(graph, [{"x": rows(1)}]).fits
    far = hidden.reach(graph, [{"x": rows(1)}, {"x": 1e5 * rows(2)}])
    assert not far.fits
    assert far.value > 65504
    assert far.place in ("a", "b", "y")


def test_masks_are_no_values(tmp_path: Path) -> None:
    from pipeline.graph import hidden

    nodes = [helper.make_node("Add", ["x", "mask"], ["m"]), helper.make_node("Softmax", ["m"], ["y"])]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    mask = numpy_helper.from_array(np.array([0, 0, 0, np.finfo(np.float32).min], np.float32), "mask")
    made = helper.make_graph(nodes, "m", ports[:1], ports[1:], [mask])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, tmp_path / "mask.onnx")
    found = hidden.reach(tmp_path / "mask.onnx", [{"x": np.ones((2, 4), np.float32)}])
    assert (found.fits, found.value) == (True, 1.0)


@pytest.mark.parametrize(("operator", "fits"), [("Identity", True), ("Exp", False)])
def test_an_inner_graph_that_only_moves_values_hides_none(tmp_path: Path, operator: str, fits: bool) -> None:
    from pipeline.graph import hidden

    def branch(name: str, node: onnx.NodeProto) -> onnx.GraphProto:
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)])

    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
        helper.make_node("Less", ["most", "bound"], ["small"]),
        helper.make_node(
            *("If", ["small"], ["y"]),
            then_branch=branch("then", helper.make_node("Identity", ["x"], ["then"])),
            else_branch=branch("else", helper.make_node(operator, ["x"], ["else"])),
        ),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    bound = numpy_helper.from_array(np.array(5, np.float32), "bound")
    made = helper.make_graph(nodes, "g", ports[:1], ports[1:], [bound])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, tmp_path / "if.onnx")
    assert hidden.reach(tmp_path / "if.onnx", [{"x": np.full((2, 4), 7, np.float32)}]).fits is fits
