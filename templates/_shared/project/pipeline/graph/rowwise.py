"""Quantise a graph's weights to int8, with scales of activations that follow each row alone.

ONNX Runtime's dynamic quantisation takes one scale from all values of a tensor: an answer then depends on what else is
in its batch. Here each row of a matrix product (each token), and each picture of a convolution, has a scale of its own,
so that an answer is the same alone and among others. All operators are those of ONNX itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Floats = npt.NDArray[np.float32]
LEAST = 1e-12
"""The smallest scale: a row of zeros stays one."""
SMALL = 256
"""Weights of fewer values stay as they are."""
MIDDLE = 128
"""The zero point of activations, which are unsigned: the fast kernels of x86 want that."""


def quantize(source: Path, target: Path) -> None:
    """Write the graph with matrix products, convolutions and embeddings in int8.

    Weights have a scale a channel, symmetric: round(w / s) with s = max|w| / 127 (Wu et al. 2020,
    https://arxiv.org/abs/2004.09602). Raises onnx.checker.ValidationError when the graph that comes out is not valid.
    """
    model = onnx.load(source)
    Rewriting(graph=model.graph).run()
    onnx.checker.check_model(model)
    onnx.save(model, target)


@dataclass(kw_only=True)
class Rewriting:
    """A graph while its nodes are replaced, in order: what a node reads stands before it, as it did."""

    graph: onnx.GraphProto
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    scaled: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """What was quantised already: its tensor and the kind of its rows, to its values and scales."""
    packed: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """Weights that were quantised already, to their values and scales."""

    def run(self) -> None:
        """Replace the nodes."""
        self.weights = {one.name: one for one in self.graph.initializer}
        for number, node in enumerate(self.graph.node):
            name = node.name or f"{node.op_type}_{number}"
            change = {"MatMul": self.product, "Gemm": self.product, "Conv": self.convolution, "Gather": self.lookup}
            kept = change.get(node.op_type)
            if kept is None or not kept(node, f"{name}/int8"):
                self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        used = {name for node in self.graph.node for name in inputs(node)} | {one.name for one in self.graph.output}
        left = [one for one in self.graph.initializer if one.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(left)

    def weight(self, name: str, ranks: tuple[int, ...]) -> Floats | None:
        """Return a weight that is worth it, or nothing."""
        kept = self.weights.get(name)
        if kept is None or kept.data_type != onnx.TensorProto.FLOAT or len(kept.dims) not in ranks:
            return None
        values = numpy_helper.to_array(kept)
        return values if values.size >= SMALL and np.isfinite(values).all() else None

    def add(self, kind: str, taken: list[str], name: str, **about: int | list[int]) -> str:
        """Add a node of one output, and return that."""
        node = helper.make_node(kind, taken, [name], name=name)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in about.items())
        self.nodes.append(node)
        return name

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        """Add a constant, once, and return its name."""
        if name not in self.weights:
            kept = numpy_helper.from_array(np.ascontiguousarray(values), name)
            self.graph.initializer.append(kept)
            self.weights[name] = kept
        return name

    def pack(self, name: str, values: Floats, axis: int) -> tuple[str, str]:
        """Quantise a weight with a scale for each place along `axis`; return the names of values and scales."""
        if (name, axis) not in self.packed:
            others = tuple(one for one in range(values.ndim) if one != axis)
            scales = np.maximum(np.abs(values).max(axis=others, keepdims=True) / 127, LEAST).astype(np.float32)
            whole = np.clip(np.round(values / scales), -127, 127).astype(np.int8)
            self.packed[name, axis] = (
                self.constant(f"{name}/int8.{axis}", whole),
                self.constant(f"{name}/scales.{axis}", scales),
            )
        return self.packed[name, axis]

    def scale(self, tensor: str, axes: list[int] | None, rank: int = 0) -> tuple[str, str]:
        """Quantise activations with a scale for each row (the last axis), or for each picture (all axes but the first).

        Returns the names of the unsigned values and of the scales, which keep their axes.
        """
        kind = "row" if axes is None else f"picture{rank}"
        if (tensor, kind) not in self.scaled:
            base = f"{tensor}/{kind}"
            size = self.add("Abs", [tensor], f"{base}.size")
            most = self.add("ReduceMax", [size], f"{base}.most", axes=[-1] if axes is None else axes, keepdims=1)
            share = self.add(
                "Mul", [most, self.constant("int8/share", np.array(1 / 127, dtype=np.float32))], f"{base}.share"
            )
            scale = self.add(
                "Max", [share, self.constant("int8/least", np.array(LEAST, dtype=np.float32))], f"{base}.scale"
            )
            ratio = self.add("Round", [self.add("Div", [tensor, scale], f"{base}.ratio")], f"{base}.round")
            lifted = self.add(
                "Add", [ratio, self.constant("int8/lift", np.array(MIDDLE, dtype=np.float32))], f"{base}.lifted"
            )
            whole = self.add("Cast", [lifted], f"{base}.int8", to=onnx.TensorProto.UINT8)
            self.scaled[tensor, kind] = (whole, scale)
        return self.scaled[tensor, kind]

    def product(self, node: onnx.NodeProto, base: str) -> bool:
        """Replace a product with a constant matrix on its right."""
        about = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if about.get("transA", 0) or about.get("alpha", 1.0) != 1.0 or about.get("beta", 1.0) != 1.0:
            return False
        values = self.weight(node.input[1], (2,))
        if values is None:
            return False
        turned = bool(about.get("transB", 0))
        kept, scales = self.pack(node.input[1] + ("/turned" if turned else ""), values.T if turned else values, 1)
        whole, scale = self.scale(node.input[0], None)
        middle = self.constant("int8/middle", np.array(MIDDLE, dtype=np.uint8))
        summed = self.add("MatMulInteger", [whole, kept, middle], f"{base}.sum")
        floats = self.add("Cast", [summed], f"{base}.float", to=onnx.TensorProto.FLOAT)
        self.finish(node, base, self.add("Mul", [floats, scale], f"{base}.rows"), scales)
        return True

    def convolution(self, node: onnx.NodeProto, base: str) -> bool:
        """Replace a convolution with constant kernels."""
        values = self.weight(node.input[1], (3, 4))
        if values is None:
            return False
        kept, scales = self.pack(node.input[1], values, 0)
        rank = values.ndim
        across = self.constant(
            f"{scales}/across", numpy_helper.to_array(self.weights[scales]).reshape(1, -1, *[1] * (rank - 2))
        )
        whole, scale = self.scale(node.input[0], list(range(1, rank)), rank)
        middle = self.constant("int8/middle", np.array(MIDDLE, dtype=np.uint8))
        summed = self.add("ConvInteger", [whole, kept, middle], f"{base}.sum")
        self.nodes[-1].attribute.extend(node.attribute)
        floats = self.add("Cast", [summed], f"{base}.float", to=onnx.TensorProto.FLOAT)
        bias = self.weights.get(node.input[2]) if len(node.input) > 2 else None
        if bias is not None:
            wide = numpy_helper.to_array(bias).reshape(1, -1, *[1] * (rank - 2))
            node.input[2] = self.constant(f"{node.input[2]}/across{rank}", wide)
        self.finish(node, base, self.add("Mul", [floats, scale], f"{base}.rows"), across)
        return True

    def finish(self, node: onnx.NodeProto, base: str, rows: str, scales: str) -> None:
        """Put the channels' scales and the bias behind a product; the last node has the name of the old output."""
        bias = node.input[2] if len(node.input) > 2 else ""
        product = f"{base}.product" if bias else node.output[0]
        self.add("Mul", [rows, scales], product)
        if bias:
            self.add("Add", [product, bias], node.output[0])

    def lookup(self, node: onnx.NodeProto, base: str) -> bool:
        """Replace the reading of rows of an embedding."""
        about = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        values = self.weight(node.input[0], (2,)) if about.get("axis", 0) == 0 else None
        if values is None:
            return False
        kept, scales = self.pack(node.input[0], values, 0)
        whole = self.add("Gather", [kept, node.input[1]], f"{base}.int8")
        scale = self.add("Gather", [scales, node.input[1]], f"{base}.scale")
        floats = self.add("Cast", [whole], f"{base}.float", to=onnx.TensorProto.FLOAT)
        self.add("Mul", [floats, scale], node.output[0])
        return True


def inputs(node: onnx.NodeProto) -> Iterator[str]:
    """Name what a node reads, in its inner graphs too."""
    yield from node.input
    for one in node.attribute:
        for graph in (*([one.g] if one.type == onnx.AttributeProto.GRAPH else []), *one.graphs):
            for inner in graph.node:
                yield from inputs(inner)
