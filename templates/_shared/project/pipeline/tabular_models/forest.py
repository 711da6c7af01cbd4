"""Gradient-boosted trees as plain tensor operations: one graph of gathers and comparisons, which TensorRT parses too.

Every tree is walked by all rows at once, a level a step: a step gathers the node's feature and threshold, compares,
and goes left or right; a leaf leads to itself.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tables.column_encoder import Parts

CODES = 256
"""Width of the table that says for each code of a category whether it goes left."""
WHOLE = ("feature", "category", "left", "right", "roots")
REAL = ("threshold", "missing", "value", "share", "base", "table")
Array: TypeAlias = npt.NDArray[Any]


class Trees:
    """Trees while they are put together; nodes of all trees stand in one row."""

    def __init__(self, outputs: int) -> None:
        self.base = np.zeros(outputs)
        """What the outputs are before the first tree."""
        self.depth, self.count = 1, 0
        self.lists: dict[str, list[Array]] = {name: [] for name in (*WHOLE, *REAL)}
        self.lists["table"].append(np.zeros((1, CODES)))

    def add(
        self,
        output: int,
        *,
        leaf: Array,
        feature: Array,
        threshold: Array,
        missing: Array,
        children: tuple[Array, Array],
        value: Array,
        depth: int,
        lefts: Mapping[int, Mapping[int, bool]],
    ) -> None:
        """Add a tree to an output; `lefts` says for each node that splits a category which codes go left."""
        own, category = np.arange(len(leaf)), np.zeros(len(leaf), np.int64)
        for place, codes in lefts.items():
            row = np.full((1, CODES), float(missing[place]))
            row[0, list(codes)] = list(codes.values())
            category[place] = len(self.lists["table"])
            self.lists["table"].append(row)
        one = {
            "feature": np.where(leaf, 0, feature),
            "threshold": np.where(leaf, 0.0, lowered(threshold)),
            "missing": missing,
            "category": category,
            "left": np.where(leaf, own, children[0]) + self.count,
            "right": np.where(leaf, own, children[1]) + self.count,
            "value": np.where(leaf, value, 0.0),
            "roots": np.array([self.count]),
            "share": np.eye(len(self.base))[[output]],
        }
        for name, array in one.items():
            self.lists[name].append(array)
        self.count += len(leaf)
        self.depth = max(self.depth, depth)

    def arrays(self) -> dict[str, Tensor]:
        """Return the buffers of a Forest."""
        joined = {name: np.concatenate(found) for name, found in self.lists.items() if found}
        joined["base"] = self.base
        return {
            name: torch.from_numpy(array.astype(np.int64 if name in WHOLE else np.float32))
            for name, array in joined.items()
        }


class Forest(nn.Module):
    """Sums of the leaves that a row reaches, one sum an output."""

    feature: Tensor
    threshold: Tensor
    missing: Tensor
    category: Tensor
    left: Tensor
    right: Tensor
    roots: Tensor
    value: Tensor
    share: Tensor
    base: Tensor
    table: Tensor

    def __init__(self, columns: Sequence[Column], trees: Trees | None = None, depth: int = 1) -> None:
        super().__init__()
        self.parts = Parts(columns)
        self.depth = trees.depth if trees else depth
        for name, array in (trees.arrays() if trees else {}).items():
            self.register_buffer(name, array)

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs (rows x 1 x outputs)."""
        numbers, known, categories = self.parts(values, codes)
        features, there = numbers, known
        if self.parts.sizes:
            features, there = categories.float(), (categories > 0).float()
            if self.parts.width:
                features, there = torch.cat([numbers, features], dim=1), torch.cat([known, there], dim=1)
        node = self.roots.unsqueeze(0) + torch.zeros_like(codes[:, :1])
        for _ in range(self.depth):
            node = self.step(node, features, there)
        return (self.value[node] @ self.share + self.base).unsqueeze(1)

    def step(self, node: Tensor, features: Tensor, there: Tensor) -> Tensor:
        """Go one level down (rows x trees)."""
        feature = self.feature[node]
        value = torch.gather(features, 1, feature)
        given = torch.gather(there, 1, feature)
        below = (value <= self.threshold[node]).float()
        if len(self.table) > 1:
            row = self.category[node]
            listed = self.table.reshape(-1)[row * CODES + torch.clamp(value, 0, CODES - 1).long()]
            below = torch.where(row > 0, listed, below)
        left = given * below + (1 - given) * self.missing[node]
        return torch.where(left > 0.5, self.left[node], self.right[node])


def lowered(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Round to FP32, never up: an FP32 value is at most the threshold exactly when it was before.

    >>> lowered(np.array([0.1, 0.5])) <= np.array([0.1, 0.5])
    array([ True,  True])
    """
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
    single = np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)
    return np.minimum(single, np.finfo(np.float32).max).astype(np.float32)


def save(forest: Forest, folder: Path) -> None:
    """Write weights.safetensors and model.json."""
    save_file({name: value.contiguous() for name, value in forest.state_dict().items()}, folder / "weights.safetensors")
    (folder / "model.json").write_text(json.dumps({"model": "trees", "depth": forest.depth}) + "\n")


def load(columns: Sequence[Column], folder: Path) -> Forest:
    """Read what `save` wrote."""
    forest = Forest(columns, depth=json.loads((folder / "model.json").read_text())["depth"])
    for name, array in load_file(folder / "weights.safetensors").items():
        forest.register_buffer(name, array)
    return forest.eval()
