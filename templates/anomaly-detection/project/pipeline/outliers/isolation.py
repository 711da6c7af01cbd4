"""Isolation forest: rows that random splits set apart early are unusual.

Liu, Ting, Zhou 2008, "Isolation Forest", https://doi.org/10.1109/ICDM.2008.17. scikit-learn grows the trees; the graph
holds how long the path to each leaf is. What is missing counts as the middle.

Trees do not tell a value far beyond all that they were grown on from the largest of these. So the path is as long as it
would be expected to be if each split might have fallen between the two: within the range of the training rows nothing
changes. A column's part is what the score falls by when the column holds its middle value: it takes one more row a
column, no training row, and no second model.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import IsolationForest
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.trees import Array, Tree, Trees

TINY = 1e-12
LEAST_CHANCE, MOST_CHANCE = 1e-3, 0.99
"""Of a split that sets a row apart at once: less changes nothing, and no path is shorter than one step."""
EULER = 0.5772156649015329
MOST_ROWS = 100_000
"""Training rows of which the trees draw theirs; of more, the first of a seeded order."""


class Isolation(nn.Module):
    """Features (rows x features) to the score of each row and what each column adds to it; a part of the graph."""

    typical: Tensor
    low: Tensor
    high: Tensor
    usual: Tensor
    kept: Tensor

    def __init__(self, owners: Sequence[int], columns: int, measured: int, trees: Mapping[str, Array]) -> None:
        """Take the column of each feature, the number of columns, and the trees, which read the first features."""
        super().__init__()
        self.forest, self.measured = Forest(named(measured), trees).eval(), measured
        self.typical, self.low, self.high = (nn.Buffer(torch.zeros(len(owners))) for _ in range(3))
        self.usual = nn.Buffer(torch.ones(1))
        """The length of a usual path: that of an unsuccessful search in a tree of as many rows."""
        masked = [[owner == column for owner in owners] for column in range(columns)]
        self.kept = ~torch.tensor([[False] * len(owners), *masked])
        """For the row itself and then for each column, which features stay as they are."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the score (rows), between 0 and 1, and the columns' parts of it (rows x columns)."""
        versions = torch.where(self.kept, features.unsqueeze(1), self.typical)
        found = self.scores(versions.flatten(0, 1)).reshape(-1, self.kept.shape[0])
        return found[:, 0], found[:, :1] - found[:, 1:]

    def scores(self, features: Tensor) -> Tensor:
        """Return the scores of rows alone."""
        seen = features[:, : self.measured]
        depth = self.forest(seen, torch.ones_like(seen, dtype=torch.int64))[:, 0, 0]
        return self.scored(depth, features)

    def scored(self, depth: Tensor, features: Tensor) -> Tensor:
        """Return the scores of rows by the mean length of their paths, cut where values lie beyond the training rows.

        A split of a feature that reaches `off` beyond its range falls between with the probability off / (off + range);
        with the chance of any at each step the length of the path is that of a geometric series with so many terms.
        """
        off = torch.clamp(torch.maximum(features - self.high, self.low - features), min=0.0)
        chance = (off / (off + self.high - self.low + TINY)).sum(dim=1) / self.measured
        chance = torch.clamp(chance, max=MOST_CHANCE)
        cut = (1 - torch.exp(depth * torch.log(1 - chance))) / torch.clamp(chance, min=LEAST_CHANCE)
        return torch.exp(-torch.where(chance > LEAST_CHANCE, cut, depth) * math.log(2) / self.usual)

    def fit(self, features: Tensor) -> None:
        """Learn the middle and the range of each feature."""
        self.typical.copy_(features.median(dim=0).values)
        self.low.copy_(features.min(dim=0).values)
        self.high.copy_(features.max(dim=0).values)


def named(features: int) -> list[Column]:
    """Return features as columns of numbers, which the trees read."""
    return [Column(name=str(place), kind="number") for place in range(features)]


def grow(features: Tensor, trees: int, sample: int, seed: int) -> tuple[IsolationForest, dict[str, Array], float]:
    """Grow the trees; return scikit-learn's forest, the same trees as arrays, and the usual length of a path."""
    rows = features.numpy()
    if len(rows) > MOST_ROWS:
        rows = rows[np.random.default_rng(seed).permutation(len(rows))[:MOST_ROWS]]
    size = min(sample, len(rows))
    grown = IsolationForest(n_estimators=trees, max_samples=size, random_state=seed, n_jobs=1).fit(rows)
    found = Trees(1)
    for one in grown.estimators_:
        found.add(0, tree(one.tree_, trees))
    return grown, found.arrays(), float(path_length(np.array([size]))[0])


def tree(grown: Any, trees: int) -> Tree:
    """Return one of scikit-learn's trees; its leaves hold the length of the path to them as a share of all `trees`."""
    left, right = grown.children_left, grown.children_right
    inner, leaves = np.flatnonzero(left >= 0), np.flatnonzero(left < 0)
    places = np.zeros(len(left), np.int64)
    places[inner], places[leaves] = np.arange(len(inner)), -1 - np.arange(len(leaves))
    depth = np.zeros(len(left))
    for node in inner:  # a child stands after its parent
        depth[[left[node], right[node]]] = depth[node] + 1
    return Tree(
        feature=grown.feature[inner],
        threshold=grown.threshold[inner],
        missing=np.zeros(len(inner), np.uint8),
        left=places[left[inner]],
        right=places[right[inner]],
        value=(depth[leaves] + path_length(grown.n_node_samples[leaves])) / trees,
    )


def path_length(rows: Array) -> Array:
    """Return the mean path of an unsuccessful search in a binary tree of so many rows.

    >>> path_length(np.array([1, 2, 256])).round(3).tolist()
    [0.0, 1.0, 10.245]
    """
    counts = rows.astype(np.float64)
    many = 2 * (np.log(np.maximum(counts - 1, 1)) + EULER) - 2 * (counts - 1) / np.maximum(counts, 1)
    return np.where(counts <= 1, 0.0, np.where(counts == 2, 1.0, many))
