"""Gradient-boosted trees as a module with two graphs of equal answers, as the engine wants them.

ONNX Runtime has an operator for trees (`TreeEnsemble` of ai.onnx.ml 5). TensorRT has none: there all nodes of all trees
compare at once, and a product with the paths tells which leaf each row reaches (Nakandala and others 2020, "A Tensor
Compiler for Unified Machine Learning Prediction Serving", https://arxiv.org/abs/2010.04804).
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tables.column_encoder import Parts
from pipeline.tabular_models.tree_operator import Attributes, attributes
from pipeline.tabular_models.trees import Array, Tree, Trees, parted, paths


class Forest(nn.Module):
    """Sums of the leaves that a row reaches, one sum an output."""

    base: Tensor
    feature: Tensor
    threshold: Tensor
    missing: Tensor
    order: Tensor
    category: Tensor
    start: Tensor
    table: Tensor
    path: Tensor
    lefts: Tensor
    value: Tensor
    share: Tensor

    def __init__(self, columns: Sequence[Column], kept: Mapping[str, Array]) -> None:
        super().__init__()
        self.parts = Parts(columns)
        self.kept = dict(kept)
        self.grown: Mapping[str, object] = {}
        """What the library that grew the trees keeps of them, with its own answers to what a column adds."""
        self.operator = False
        """Whether the exported graph has ONNX Runtime's operator in place of products."""
        self.base = torch.from_numpy(kept["base"].copy())
        trees = parted(kept)
        self.count, self.outputs = len(trees), len(self.base)
        if trees:
            self.attributes = attributes(trees, self.outputs)
            self.decide([tree for _, tree in trees])
            self.add_up(trees)

    @property
    def opsets(self) -> dict[str, int]:
        """Say of which domain the graph's own operators are, and its version."""
        return {"ai.onnx.ml": 5} if self.operator and self.count else {}

    def decide(self, trees: Sequence[Tree]) -> None:
        """Lay out what decides at each node: thresholds of numbers, and of each category a table of its own codes."""
        widest = max(len(tree.feature) for tree in trees)
        numeric: list[tuple[int, float, float, int]] = []
        listed: list[tuple[int, int, int]] = []
        tables, size = [np.zeros(0)], 0
        for place, tree in enumerate(trees):
            for node, feature in enumerate(tree.feature.tolist()):
                at = place * widest + node
                if node in tree.codes:
                    column = feature - self.parts.width
                    table = np.zeros(self.parts.sizes[column])
                    table[tree.codes[node]] = 1
                    listed.append((column, size, at))
                    tables.append(table)
                    size += len(table)
                else:
                    numeric.append((feature, float(tree.threshold[node]), float(tree.missing[node]), at))
        places = [one[-1] for one in numeric] + [one[-1] for one in listed]
        order = np.full(len(trees) * widest, len(places))  # what no node of a small tree decides is 0
        order[places] = np.arange(len(places))
        self.order, self.nodes = torch.from_numpy(order), widest
        self.feature = torch.tensor([one[0] for one in numeric], dtype=torch.int64)
        self.threshold = torch.tensor([one[1] for one in numeric], dtype=torch.float32)
        self.missing = torch.tensor([one[2] for one in numeric], dtype=torch.float32)
        self.category = torch.tensor([one[0] for one in listed], dtype=torch.int64)
        self.start = torch.tensor([one[1] for one in listed], dtype=torch.int64)
        self.table = torch.from_numpy(np.concatenate(tables).astype(np.float32))

    def add_up(self, trees: Sequence[tuple[int, Tree]]) -> None:
        """Lay out the paths to the leaves, how many left turns each has, and what each leaf adds to which output."""
        leaves = max(len(tree.value) for _, tree in trees)
        path = np.zeros((len(trees), self.nodes, leaves), np.float32)
        lefts = np.full((len(trees), 1, leaves), np.float32(self.nodes + 1))  # no row reaches what is no leaf
        value = np.zeros((len(trees), leaves, 1), np.float32)
        for place, (_, tree) in enumerate(trees):
            nodes, own = len(tree.feature), len(tree.value)
            path[place, :nodes, :own] = paths(tree)
            lefts[place, 0, :own] = (path[place, :, :own] > 0).sum(axis=0)
            value[place, :own, 0] = tree.value
        self.path, self.lefts, self.value = (torch.from_numpy(one) for one in (path, lefts - 0.5, value))
        self.share = torch.eye(self.outputs)[[output for output, _ in trees]]

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs (rows x 1 x outputs)."""
        numbers, known, categories = self.parts(values, codes)
        if not self.count:
            return (self.base + 0.0 * codes[:, :1].float()).unsqueeze(1)
        if not self.operator:
            return (self.sums(numbers, known, categories) + self.base).unsqueeze(1)
        seen = torch.where(known > 0, numbers, torch.tensor(math.nan))
        if self.parts.sizes:
            seen = torch.cat([seen, categories.float()], dim=1) if self.parts.width else categories.float()
        found: Tensor = Operator.apply(seen, self)  # type: ignore[no-untyped-call]
        return (found + self.base).unsqueeze(1)

    def sums(self, numbers: Tensor, known: Tensor, categories: Tensor) -> Tensor:
        """Return what the trees add to each output (rows x outputs), by products alone."""
        found = []
        if len(self.feature):
            below = (numbers[:, self.feature] <= self.threshold).float()
            there = known[:, self.feature]
            found.append(there * below + (1 - there) * self.missing)
        if len(self.category):
            found.append(self.table[categories[:, self.category] + self.start])
        nothing = torch.zeros_like(found[0][:, :1])
        decided = torch.cat([*found, nothing], dim=1)[:, self.order]
        turns = decided.reshape(-1, self.count, self.nodes).transpose(0, 1) @ self.path
        reached = (turns >= self.lefts).float()
        return (reached @ self.value).squeeze(2).transpose(0, 1) @ self.share


class Operator(torch.autograd.Function):
    """The trees as ONNX Runtime's operator in the graph, and as products in torch."""

    @staticmethod
    def forward(_: Any, seen: Tensor, forest: Forest) -> Tensor:
        """Take numbers (NaN for none) and categories in one tensor; give rows x outputs."""
        width = forest.parts.width
        numbers, categories = seen[:, :width], seen[:, width:].long()
        known = (numbers == numbers).float()
        return forest.sums(torch.nan_to_num(numbers), known, categories)

    @staticmethod
    def symbolic(graph: Any, seen: Any, forest: Forest) -> Any:
        """Put the operator into a graph that is traced."""
        made = graph.op("ai.onnx.ml::TreeEnsemble", seen, **spelled(forest.attributes))
        made.setType(seen.type().with_dtype(torch.float32).with_sizes([None, forest.outputs]))
        return made


def spelled(wanted: Attributes) -> dict[str, object]:
    """Return attributes as the tracing exporter takes them: the name says the kind."""
    return {
        f"{name}_t" if isinstance(value, np.ndarray) else f"{name}_i": (
            torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        )
        for name, value in wanted.items()
    }


def made(columns: Sequence[Column], trees: Trees) -> Forest:
    """Return the forest of grown trees."""
    return Forest(columns, trees.arrays()).eval()


def state(forest: Forest) -> dict[str, Tensor]:
    """Return the arrays that are kept."""
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in forest.kept.items()}


def about(forest: Forest) -> dict[str, object]:
    """Return what is kept beside them."""
    return {"model": "trees", "trees": forest.count}


def restored(columns: Sequence[Column], kept: Mapping[str, Tensor]) -> Forest:
    """Return the forest of which these are the arrays."""
    return Forest(columns, {name: tensor.numpy() for name, tensor in kept.items()}).eval()


def save(forest: Forest, folder: Path) -> None:
    """Write weights.safetensors, model.json, and grown.json with the library's own models."""
    save_file(state(forest), folder / "weights.safetensors")
    (folder / "model.json").write_text(json.dumps(about(forest)) + "\n")
    save_grown(forest, folder)


def save_grown(forest: Forest, folder: Path) -> None:
    """Write grown.json, by which answers are explained."""
    (folder / "grown.json").write_text(json.dumps(forest.grown) + "\n", encoding="utf-8")


def load(columns: Sequence[Column], folder: Path) -> Forest:
    """Read what `save` wrote."""
    return restored(columns, load_file(folder / "weights.safetensors"))
