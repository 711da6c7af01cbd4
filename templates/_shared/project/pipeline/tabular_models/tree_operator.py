"""Trees as the attributes of the operator `TreeEnsemble` (ai.onnx.ml 5, https://onnx.ai/onnx/operators)."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from pipeline.tabular_models.trees import Array, Tree

Attributes: TypeAlias = Mapping[str, int | list[int] | Array]
AT_MOST, MEMBER = 0, 6
"""How a node compares: the value is at most its threshold, or among its members."""
SUM, NO_TRANSFORM = 1, 0


def attributes(trees: Sequence[tuple[int, Tree]], outputs: int) -> Attributes:
    """Return the operator's attributes for trees and the outputs that they add to."""
    lists: dict[str, list[int]] = {name: [] for name in NODES}
    splits, weights, members = list[float](), list[float](), list[float]()
    roots, targets = list[int](), list[int]()
    for output, tree in trees:
        base, first_leaf = len(splits), len(weights)
        roots.append(base)
        for node in range(len(tree.feature)):
            listed = tree.codes.get(node)
            lists["nodes_featureids"].append(int(tree.feature[node]))
            lists["nodes_modes"].append(AT_MOST if listed is None else MEMBER)
            lists["nodes_missing_value_tracks_true"].append(int(tree.missing[node]) if listed is None else 0)
            splits.append(float(tree.threshold[node]) if listed is None else 0.0)
            members += [] if listed is None else [*map(float, listed), np.nan]
            for side, child in (("true", int(tree.left[node])), ("false", int(tree.right[node]))):
                lists[f"nodes_{side}leafs"].append(int(child < 0))
                lists[f"nodes_{side}nodeids"].append(first_leaf - 1 - child if child < 0 else base + child)
        weights += tree.value.tolist()
        targets += [output] * len(tree.value)
    found: dict[str, int | list[int] | Array] = {name: kept for name, kept in lists.items() if name != "nodes_modes"}
    found |= {"tree_roots": roots, "leaf_targetids": targets, "n_targets": outputs}
    found |= {"aggregate_function": SUM, "post_transform": NO_TRANSFORM}
    found["nodes_modes"] = np.array(lists["nodes_modes"], np.uint8)
    found["nodes_splits"] = np.array(splits, np.float32)
    found["leaf_weights"] = np.array(weights, np.float32)
    if members:
        found["membership_values"] = np.array(members, np.float32)
    return found


NODES = (
    "nodes_featureids",
    "nodes_modes",
    "nodes_missing_value_tracks_true",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_trueleafs",
    "nodes_falseleafs",
)
