"""Read LightGBM's trees from the model that it dumps as JSON."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import lightgbm
import numpy as np

from pipeline.tabular_models.trees import Tree

Node: TypeAlias = Mapping[str, "str | float | bool | Node"]


def read(booster: lightgbm.Booster, rounds: int, members: int) -> Iterator[Tree]:
    """Give the trees of the first rounds, those of a round one after the other; leaves count for one of the members."""
    for about in booster.dump_model(num_iteration=rounds)["tree_info"]:
        yield tree(about["tree_structure"], members)


def tree(root: Node, members: int) -> Tree:
    """Return one tree as arrays.

    >>> tree({"leaf_value": 3.0}, 2).value.tolist()
    [1.5]
    """
    nodes: list[Node] = []
    values: list[float] = []
    sides: list[tuple[int, str, int]] = []
    waiting: list[tuple[int, str, Node]] = [(-1, "", root)]
    while waiting:
        above, side, node = waiting.pop()
        if "leaf_value" in node:
            values.append(number(node, "leaf_value") / members)
            place = -len(values)
        else:
            place = len(nodes)
            nodes.append(node)
            waiting += [(place, key, child) for key in CHILDREN if isinstance(child := node[key], Mapping)]
        sides.append((above, side, place))
    children = {key: np.zeros(len(nodes), np.int64) for key in CHILDREN}
    for above, side, place in sides[1:]:
        children[side][above] = place
    listed = {place: codes(node) for place, node in enumerate(nodes) if node["decision_type"] == "=="}
    return Tree(
        feature=np.array([number(node, "split_feature") for node in nodes], np.int64),
        threshold=np.array([0.0 if place in listed else number(node, "threshold") for place, node in enumerate(nodes)]),
        missing=np.array([missing_left(node) for node in nodes], np.uint8),
        left=children["left_child"],
        right=children["right_child"],
        value=np.array(values),
        codes=listed,
    )


CHILDREN = ("left_child", "right_child")


def number(node: Node, key: str) -> float:
    """Return a number of a node."""
    found = node[key]
    assert isinstance(found, int | float)
    return float(found)


def codes(node: Node) -> list[int]:
    """List the codes that go left; LightGBM sends all others right, also those that it never saw."""
    return [int(code) for code in str(node["threshold"]).split("||")]


def missing_left(node: Node) -> bool:
    """Tell whether a missing number goes left; where training had none, LightGBM takes it for 0."""
    if node["decision_type"] == "==":
        return False
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else number(node, "threshold") >= 0.0
