"""Count what a graph computes for one input: two operations for each multiply-add, one for each element of the rest.

`python -m pipeline.graph.operations build/artifact/model.onnx input_ids=1,128 attention_mask=1,128` prints it. ONNX
Runtime folds what follows from the inputs' shapes alone, and ONNX infers the shapes of what is left; neither sees the
weights. Operators that only move or name values (Reshape, Transpose, Cast, ...) cost nothing.
"""

import math
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import onnx
import onnxruntime

Shape: TypeAlias = Sequence[int]
Shapes: TypeAlias = Mapping[str, Shape]
WEIGHTS = {
    "MatMul": (0, 1),
    "MatMulInteger": (0, 1),
    "QLinearMatMul": (0, 3),
    "Gemm": (0, 1),
    "Conv": (0, 1),
    "ConvInteger": (0, 1),
    "QLinearConv": (0, 3),
    "ConvTranspose": (0, 1),
}
"""Operators that multiply and add: the places of their two operands among the inputs."""
MOVES = {"Cast", "CastLike", "Concat", "Constant", "ConstantOfShape", "DepthToSpace", "DequantizeLinear", "Expand"}
MOVES |= {"Flatten", "Identity", "Pad", "Range", "Reshape", "Shape", "Size", "Slice", "SpaceToDepth", "Split"}
MOVES |= {"Squeeze", "Tile", "Transpose", "Unsqueeze"}
REPEATS = {"GRU", "If", "LSTM", "Loop", "RNN", "Scan"}
"""Operators whose cost their output's shape does not tell."""
SMALL = 8192
"""Constants of more values than this hold weights, never a shape that folding has to read."""


def count(path: Path, inputs: Shapes) -> float | None:
    """Return the operations of the graph for inputs of these shapes; None when the graph does not tell."""
    with tempfile.TemporaryDirectory() as folder:
        folded = fold(fixed(onnx.load(path, load_external_data=False), inputs), Path(folder) / "folded.onnx")
    return total(onnx.shape_inference.infer_shapes(folded, data_prop=True))


def fixed(model: onnx.ModelProto, inputs: Shapes) -> onnx.ModelProto:
    """Fix the inputs' shapes, and make inputs of the weights too: their values do not matter."""
    graph = model.graph
    for port in graph.input:
        if port.name in inputs:
            sizes = port.type.tensor_type.shape
            del sizes.dim[:]
            for size in inputs[port.name]:
                sizes.dim.add().dim_value = size
    kept = [one for one in graph.initializer if math.prod(one.dims) <= SMALL]
    named = {port.name for port in graph.input}
    for one in graph.initializer:
        if math.prod(one.dims) > SMALL and one.name not in named:
            graph.input.append(onnx.helper.make_tensor_value_info(one.name, one.data_type, one.dims))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return model


def fold(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """Let ONNX Runtime fold constants, sizes among them, and write the rest to `path`; give it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return onnx.load(path)


def total(model: onnx.ModelProto) -> float | None:
    """Sum the operations over the nodes of a model whose shapes are known; None when one is not."""
    graph, known = model.graph, {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        sizes = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(size.HasField("dim_value") for size in sizes):
            known[value.name] = tuple(size.dim_value for size in sizes)
    known |= {node.output[0]: constant(node) for node in graph.node if node.op_type == "Constant"}
    found = [of(node, known) for node in graph.node]
    return None if None in found else float(sum(one for one in found if one is not None))


def of(node: onnx.NodeProto, known: Mapping[str, Shape]) -> int | None:
    """Return the operations of one node; None when a shape that they follow from is not known."""
    if node.op_type in MOVES:
        return 0
    if node.op_type == "TreeEnsemble":
        rows = known.get(node.input[0])
        return None if rows is None else rows[0] * walked(node)
    places = WEIGHTS.get(node.op_type, range(len(node.input)) if node.op_type == "Einsum" else ())
    out, operands = known.get(node.output[0]), [known.get(node.input[place]) for place in places]
    if out is None or None in operands or node.op_type in REPEATS:
        return None
    sizes = [one for one in operands if one is not None]
    if node.op_type == "Einsum":
        return einsum(str(attribute(node, "equation", b"").decode()), sizes)  # type: ignore[attr-defined]
    if node.op_type == "Gemm":
        return 2 * math.prod(out) * sizes[0][0 if attribute(node, "transA", 0) else 1]
    if node.op_type in ("Conv", "ConvInteger", "QLinearConv"):
        return 2 * math.prod(out) * math.prod(sizes[1][1:])
    if node.op_type == "ConvTranspose":
        return 2 * math.prod(sizes[0]) * math.prod(sizes[1][1:])
    return 2 * math.prod(out) * sizes[0][-1] if sizes else math.prod(out)


def walked(node: onnx.NodeProto) -> int:
    """Return the steps that a row takes through the trees: for each the mean depth of its leaves, and one to add it."""
    kept = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    total = 0.0
    for root in kept["tree_roots"]:
        depths, waiting = list[int](), [(root, 1)]
        while waiting:
            place, depth = waiting.pop()
            for side in ("true", "false"):
                child = kept[f"nodes_{side}nodeids"][place]
                if kept[f"nodes_{side}leafs"][place]:
                    depths.append(depth)
                else:
                    waiting.append((child, depth + 1))
        total += 1 + sum(depths) / len(depths)
    return round(total)


def einsum(equation: str, operands: Sequence[Shape]) -> int:
    """Return the operations of a sum over products: one for each operand and each combination of the indices.

    >>> einsum("bhqd,bhkd->bhqk", [(1, 2, 3, 8), (1, 2, 5, 8)])
    480
    """
    names = equation.replace(" ", "").partition("->")[0].split(",")
    indices = [pair for name, shape in zip(names, operands, strict=True) for pair in zip(name, shape, strict=True)]
    sizes = dict(indices)
    return max(2, len(operands)) * math.prod(sizes.values())


def attribute(node: onnx.NodeProto, name: str, default: object) -> object:
    """Return a node's attribute."""
    return next((onnx.helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)


def constant(node: onnx.NodeProto) -> Shape:
    """Return the shape of a Constant node's value."""
    value = next(iter(node.attribute))
    return tuple(value.t.dims) if value.name == "value" else (len(onnx.helper.get_attribute_value(value)),)


def middle(seen: Iterable[Shapes]) -> Shapes:
    """Return the shapes of the request of middle size.

    >>> middle([{"x": (1, 9)}, {"x": (1, 2)}, {"x": (1, 5)}])
    {'x': (1, 5)}
    """
    ordered = sorted(seen, key=lambda one: sum(math.prod(shape) for shape in one.values()))
    return ordered[len(ordered) // 2]


if __name__ == "__main__":
    named = (word.partition("=") for word in sys.argv[2:])
    print(count(Path(sys.argv[1]), {name: [int(size) for size in sizes.split(",")] for name, _, sizes in named}))
