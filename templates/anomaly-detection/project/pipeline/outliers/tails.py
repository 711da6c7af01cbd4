"""ECOD: how far out in its tails each value lies, added up over the columns.

Li, Zhao, Hu, Botta, Ionescu, Chen 2022, "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution
Functions", https://arxiv.org/abs/2201.00382; as the library pyod computes it: of each feature the rarer tail counts,
and a row joins the training rows before it is judged.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

STEPS = 10
KNOTS = 2**STEPS - 1
"""Different values of a feature whose tails are kept; of more, as many quantiles."""


class Tails(nn.Module):
    """Features (rows x features) to the score of each row and what each feature adds to it; part of the exported graph.

    A table holds the sorted values of each feature, filled up with infinity, and others the tails: `left[k]` is
    -log of the share of rows up to the k-th value, `right[k]` that of the rows from it on.
    """

    knots: Tensor
    left: Tensor
    right: Tensor
    shift: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.knots = nn.Buffer(torch.full((features * KNOTS,), torch.inf))
        self.left = nn.Buffer(torch.zeros(features * (KNOTS + 1)))
        self.right = nn.Buffer(torch.zeros(features * (KNOTS + 1)))
        self.shift = nn.Buffer(torch.arange(features))

    def fit(self, features: Tensor, one_sided: Sequence[bool]) -> None:
        """Learn the tails of each feature from rows; of a `one_sided` one only large values are unusual."""
        rows = len(features)
        for place, single in enumerate(one_sided):
            ordered = np.sort(features[:, place].numpy())
            knots = np.unique(ordered)
            if len(knots) > KNOTS:
                knots = knots[np.linspace(0, len(knots) - 1, KNOTS).round().astype(np.int64)]
            below = np.searchsorted(ordered, knots, side="right")  # rows up to each value
            above = rows - np.searchsorted(ordered, knots, side="left")  # rows from each value on
            at, to = place * (KNOTS + 1), place * KNOTS
            self.knots[to : to + len(knots)] = torch.from_numpy(knots)
            counts = np.concatenate([[0], below]), np.concatenate([above, [0]])
            left, right = (torch.from_numpy(-np.log((one + 1.0) / (rows + 1.0))).float() for one in counts)
            self.left[at : at + len(left)] = 0.0 if single else left
            self.right[at : at + len(right)] = right

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the score (rows) and the features' parts of it (rows x features)."""
        upto, before = self.place(features, below=False), self.place(features, below=True)
        first = self.shift * (KNOTS + 1)
        parts = torch.maximum(self.left[upto + first], self.right[before + first])
        return parts.sum(dim=1), parts

    def place(self, features: Tensor, *, below: bool) -> Tensor:
        """Count the knots that are at most each value, or `below` it, by halving the table ten times."""
        found = torch.zeros_like(features, dtype=torch.int64)
        first = self.shift * KNOTS
        for step in [2**power for power in range(STEPS - 1, -1, -1)]:
            knot = self.knots[found + (first + step - 1)]
            found = found + step * (knot < features if below else knot <= features).long()
        return found
