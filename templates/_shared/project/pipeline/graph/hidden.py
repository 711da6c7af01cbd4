"""Bound the values inside a graph: half precision ends at 65504, and what is beyond becomes infinite.

ONNX Runtime computes fp16 graphs on a CPU in fp32, without rounding between nodes, so a comparison of answers there
cannot see an overflow. The fp32 graph tells: each of its tensors gets its largest magnitude as an output more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from pipeline.graph.precision_choice import HALF, MARGIN

Tensors = Mapping[str, npt.NDArray[np.generic]]
MASK = 1e30
"""Values beyond it are no numbers to compute with, but marks: an attention's mask, a limit that is none."""
MOVES = frozenset(
    {
        *("Concat", "Constant", "Expand", "Flatten", "Gather", "Identity", "Reshape", "Shape", "Slice", "Squeeze"),
        *("Transpose", "Unsqueeze"),
    }
)
"""Operators that give values as they are, in another place or shape."""
WHOLE = frozenset({TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL})
"""Types of numbers that say places and shapes."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The largest magnitude inside a graph, and where; infinite when it cannot be told."""

    value: float
    place: str

    @property
    def fits(self) -> bool:
        """Whether half precision holds it, with a margin."""
        return self.value * MARGIN <= HALF


def reach(source: Path, batches: Iterable[Tensors]) -> Reach:
    """Run the fp32 graph on some rows, and return how far its weights and the values between its nodes go."""
    model = onnx.load(source)
    if any(not moves(inner) for node in model.graph.node for inner in inner_graphs(node)):
        return Reach(value=float("inf"), place="an inner graph, which is not seen")
    found = dict(constants(model.graph))
    names = watched(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for tensors in batches:
        taken = {port.name: tensors[port.name] for port in session.get_inputs()}
        for name, value in zip(names, session.run(list(names.values()), taken), strict=True):
            found[name] = max(found.get(name, 0.0), float(value) if np.isfinite(value) else float("inf"))
    place = max(found, key=lambda name: found[name], default="")
    return Reach(value=found.get(place, 0.0), place=place)


def inner_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """Find the graphs that a node holds (If, Loop, Scan), whose values stay unseen."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def moves(graph: onnx.GraphProto) -> bool:
    """Tell whether all that an inner graph holds is seen where it comes from or goes to: it computes nothing."""
    own = [one.t for node in graph.node if node.op_type == "Constant" for one in node.attribute]
    own += graph.initializer
    return all(node.op_type in MOVES for node in graph.node) and all(one.data_type in WHOLE for one in own)


def constants(graph: onnx.GraphProto) -> Iterator[tuple[str, float]]:
    """Return the largest magnitude of each weight, but for marks."""
    for one in graph.initializer:
        if one.data_type == TensorProto.FLOAT:
            sizes = np.abs(numpy_helper.to_array(one))
            yield one.name, float(sizes[sizes < MASK].max(initial=0.0))


def watched(model: onnx.ModelProto) -> dict[str, str]:
    """Give each tensor of floats between the nodes its largest magnitude as an output; names of both."""
    graph = model.graph
    inferred = onnx.shape_inference.infer_shapes(model).graph
    kinds = {one.name: one.type.tensor_type.elem_type for one in (*inferred.value_info, *inferred.output)}
    names = [name for node in graph.node for name in node.output if kinds.get(name) == TensorProto.FLOAT]
    numbers = (("hidden/mask", -MASK), ("hidden/zero", 0.0))
    graph.initializer.extend(
        numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in numbers
    )
    outputs = {name: f"hidden/{number}" for number, name in enumerate(names)}
    for name, output in outputs.items():
        graph.node.extend(
            [
                helper.make_node("Less", [name, "hidden/mask"], [f"{output}.marks"]),
                helper.make_node("Where", [f"{output}.marks", "hidden/zero", name], [f"{output}.values"]),
                helper.make_node("Abs", [f"{output}.values"], [f"{output}.sizes"]),
                helper.make_node("ReduceMax", [f"{output}.sizes"], [output], keepdims=0),
            ]
        )
        graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, []))
    return outputs
