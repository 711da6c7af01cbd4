"""Grown trees as plain arrays, whatever library grew them: inner nodes, leaves, and the codes that go left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One tree; the inner node 0 is its root.

    A number goes left when it is at most the threshold, and a missing one when `missing` says so. A category goes left
    when its code is among those of the node; missing and unseen values have codes of their own.
    """

    feature: Array
    threshold: Array
    missing: Array
    left: Array
    """The child of each inner node: an inner node from 0 up, or a leaf as `-1 - leaf`."""
    right: Array
    value: Array
    """What each leaf adds to the output."""
    codes: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """For each inner node that splits a category, the codes that go left."""


class Trees:
    """Trees while they are put together, and as they are kept: the nodes of all trees in one row."""

    def __init__(self, outputs: int) -> None:
        self.base = np.zeros(outputs)
        """What the outputs are before the first tree."""
        self.grown: list[tuple[int, Tree]] = []

    def add(self, output: int, tree: Tree) -> None:
        """Add a tree to an output; one without a split is a constant."""
        if len(tree.feature):
            self.grown.append((output, tree))
        else:
            self.base[output] += float(tree.value[0])

    def arrays(self) -> dict[str, Array]:
        """Return what is kept of them; children count within their tree."""
        trees = [tree for _, tree in self.grown]
        codes = [sorted(tree.codes.get(node, ())) for tree in trees for node in range(len(tree.feature))]
        splits = [node in tree.codes for tree in trees for node in range(len(tree.feature))]
        return {
            "base": self.base.astype(np.float32),
            "output": np.array([output for output, _ in self.grown], np.int32),
            "nodes": np.array([len(tree.feature) for tree in trees], np.int32),
            "feature": joined([tree.feature for tree in trees], np.int32),
            "threshold": lowered(joined([tree.threshold for tree in trees], np.float64)),
            "missing": joined([tree.missing for tree in trees], np.uint8),
            "left": joined([tree.left for tree in trees], np.int32),
            "right": joined([tree.right for tree in trees], np.int32),
            "value": joined([tree.value for tree in trees], np.float32),
            "splits": np.array(splits, np.uint8),
            "members": np.array([len(one) for one in codes], np.int32),
            "codes": joined([np.array(one) for one in codes], np.int32),
        }


def joined(arrays: Sequence[Array], kind: type[np.generic]) -> Array:
    """Put arrays one after the other."""
    return np.concatenate([np.zeros(0), *arrays]).astype(kind)


def parted(kept: Mapping[str, Array]) -> list[tuple[int, Tree]]:
    """Return the outputs and trees of which these are the arrays."""
    found = []
    ends, stops = np.cumsum(kept["nodes"]), np.cumsum(kept["members"])
    for place, (output, count) in enumerate(zip(kept["output"], kept["nodes"], strict=True)):
        nodes = slice(int(ends[place] - count), int(ends[place]))
        leaves = slice(nodes.start + place, nodes.stop + place + 1)  # a tree has one leaf more than inner nodes
        codes = {
            node - nodes.start: kept["codes"][stops[node] - kept["members"][node] : stops[node]].tolist()
            for node in range(nodes.start, nodes.stop)
            if kept["splits"][node]
        }
        names = ("feature", "threshold", "missing", "left", "right")
        parts = {name: kept[name][nodes] for name in names}
        found.append((int(output), Tree(**parts, value=kept["value"][leaves], codes=codes)))
    return found


def paths(tree: Tree) -> Array:
    """Return for each leaf (columns) the inner nodes (rows) on its path: 1 left of the node, -1 right, 0 not on it.

    >>> tree = Tree(feature=[0, 0], threshold=[2, 1], missing=[0, 0], left=[1, -1], right=[-2, -3], value=[5, 6, 7])
    >>> paths(tree).tolist()
    [[1.0, -1.0, 1.0], [1.0, 0.0, -1.0]]
    """
    found = np.zeros((len(tree.feature), len(tree.value)), np.float32)
    waiting: list[tuple[int, list[tuple[int, float]]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if node < 0:
            for above, side in path:
                found[above, -1 - node] = side
            continue
        waiting.append((int(tree.left[node]), [*path, (node, 1.0)]))
        waiting.append((int(tree.right[node]), [*path, (node, -1.0)]))
    return found


def lowered(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Round to FP32, never up: an FP32 value is at most the threshold exactly when it was before.

    >>> lowered(np.array([0.1, 0.5])) <= np.array([0.1, 0.5])
    array([ True,  True])
    """
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
    single = np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)
    return np.minimum(single, np.finfo(np.float32).max).astype(np.float32)
