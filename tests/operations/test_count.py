"""The counter of a graph's operations, on tiny graphs whose numbers are worked out by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.operations.conftest import Count

FLOAT, INT8 = TensorProto.FLOAT, TensorProto.INT8


def graph(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    *,
    inputs: dict[str, tuple[int, int]],
    weights: dict[str, tuple[int, ...]] | None = None,
    kind: type[np.generic] = np.float32,
    constants: dict[str, np.ndarray] | None = None,
) -> Path:
    """Write a graph that ends in `y`; an input is told by its type and its number of dimensions, all of them free."""
    ports = [
        helper.make_tensor_value_info(name, elements, [f"{name}_{axis}" for axis in range(rank)])
        for name, (elements, rank) in inputs.items()
    ]
    stored = [numpy_helper.from_array(np.zeros(shape, kind), name) for name, shape in (weights or {}).items()]
    stored += [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()]
    answer = helper.make_tensor_value_info("y", FLOAT, None)
    made = helper.make_graph(list(nodes), "g", ports, [answer], stored)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)
    return path


def one(operator: str, *inputs: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(operator, list(inputs), ["y"], **attributes)


def test_a_matrix_product_counts_each_multiply_add_twice(count: Count, tmp_path: Path) -> None:
    path = graph(tmp_path / "m.onnx", [one("MatMul", "x", "w")], inputs={"x": (FLOAT, 3)}, weights={"w": (8, 3)})
    assert count(path, {"x": (2, 5, 8)}) == 2 * 2 * 5 * 8 * 3


@pytest.mark.parametrize(("turned", "shape"), [(0, (4, 8)), (1, (8, 4))])
def test_a_gemm_of_either_direction(count: Count, tmp_path: Path, turned: int, shape: tuple[int, int]) -> None:
    node = one("Gemm", "x", "w", "b", transA=turned)
    path = graph(tmp_path / "g.onnx", [node], inputs={"x": (FLOAT, 2)}, weights={"w": (8, 3), "b": (3,)})
    assert count(path, {"x": shape}) == 2 * 4 * 8 * 3


@pytest.mark.parametrize(
    ("operator", "weight", "attributes", "expected"),
    [
        ("Conv", (6, 4, 3, 3), {"pads": [1, 1, 1, 1]}, 2 * (6 * 10 * 10) * (4 * 3 * 3)),
        ("Conv", (6, 4, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}, 2 * (6 * 5 * 5) * (4 * 3 * 3)),
        ("Conv", (4, 1, 3, 3), {"pads": [1, 1, 1, 1], "group": 4}, 2 * (4 * 10 * 10) * (1 * 3 * 3)),
        ("ConvTranspose", (4, 6, 2, 2), {"strides": [2, 2]}, 2 * (4 * 10 * 10) * (6 * 2 * 2)),
    ],
)
def test_convolutions(
    count: Count,
    tmp_path: Path,
    operator: str,
    weight: tuple[int, ...],
    attributes: dict[str, object],
    expected: int,
) -> None:
    node = one(operator, "x", "w", **attributes)
    path = graph(tmp_path / "c.onnx", [node], inputs={"x": (FLOAT, 4)}, weights={"w": weight})
    assert count(path, {"x": (1, 4, 10, 10)}) == expected


def test_attention_written_as_sums_over_products(count: Count, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Einsum", ["q", "k"], ["scores"], equation="bhqd,bhkd->bhqk"),
        helper.make_node("Softmax", ["scores"], ["shares"]),
        helper.make_node("Einsum", ["shares", "k"], ["y"], equation="bhqk,bhkd->bhqd"),
    ]
    path = graph(tmp_path / "a.onnx", nodes, inputs={"q": (FLOAT, 4), "k": (FLOAT, 4)})
    assert count(path, {"q": (1, 2, 3, 8), "k": (1, 2, 5, 8)}) == 2 * (2 * 2 * 3 * 5 * 8) + 2 * 3 * 5


def test_int8_products_count_as_others_and_its_conversions_by_element(count: Count, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["x8", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["x8", "w", "zero"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["wide"], to=FLOAT),
        helper.make_node("Mul", ["wide", "scale"], ["y"]),
    ]
    path = graph(tmp_path / "8.onnx", nodes, inputs={"x": (FLOAT, 2)}, weights={"w": (8, 3)}, kind=np.int8)
    assert count(path, {"x": (4, 8)}) == 4 * 8 + 2 * 4 * 8 * 3 + 4 * 3


def test_moving_values_costs_nothing_and_shapes_follow_through_it(count: Count, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "first"], ["rows"]),
        helper.make_node("Concat", ["rows", "rest"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["x", "wanted"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["w", "turned"], ["y"]),
    ]
    constants = {"first": np.array([0]), "rest": np.array([-1])}
    ports = {"x": (FLOAT, 3)}
    path = graph(tmp_path / "r.onnx", nodes, inputs=ports, weights={"w": (7, 12)}, constants=constants)
    assert count(path, {"x": (5, 3, 4)}) == 2 * 7 * 5 * 12


def test_a_graph_that_does_not_tell_counts_as_unknown(count: Count, tmp_path: Path) -> None:
    nodes = [helper.make_node("NonZero", ["x"], ["places"]), helper.make_node("Cast", ["places"], ["y"], to=FLOAT)]
    path = graph(tmp_path / "n.onnx", nodes, inputs={"x": (FLOAT, 2)})
    assert count(path, {"x": (3, 3)}) is None
