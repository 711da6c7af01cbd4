"""A network for tables: piecewise-linear numbers, embedded categories, and many small networks that share weights.

Numbers: Gorishniy, Rubachev, Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep Learning"
(https://arxiv.org/abs/2203.05556). Members: Gorishniy, Kotelnikov, Babenko 2024, "TabM"
(https://arxiv.org/abs/2410.24210): each member scales what goes into shared layers, and what comes out of them.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tables.column_encoder import Parts, quantiles

BINS, EMBEDDED = 24, 12
"""Bins of a number, and the width of what a number or a category becomes."""
HIDDEN, LAYERS = 160, 2


class Numbers(nn.Module):
    """Each number to EMBEDDED features: how far it is through each of its bins, then a layer of its own."""

    left: Tensor
    width: Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("left", torch.zeros(count, BINS))
        self.register_buffer("width", torch.full((count, BINS), math.inf))
        self.weight = nn.Parameter(torch.empty(count, BINS, EMBEDDED))
        self.bias = nn.Parameter(torch.zeros(count, 1, EMBEDDED))
        self.missing = nn.Parameter(torch.zeros(count, 1, EMBEDDED))
        nn.init.uniform_(self.weight, -1 / math.sqrt(BINS), 1 / math.sqrt(BINS))

    def learn(self, numbers: Tensor, known: Tensor) -> None:
        """Take the edges of the bins from the training rows; bins that a number does not need stay empty."""
        for place in range(numbers.shape[1]):
            edges = quantiles(numbers[:, place], known[:, place], BINS)
            bins = len(edges) - 1
            self.left[place, :bins] = edges[:-1]
            self.width[place, :bins] = edges[1:] - edges[:-1]
            self.left[place, bins:] = edges[-1]
        self.width[torch.isinf(self.width)] = torch.finfo(torch.float32).max

    def forward(self, numbers: Tensor, known: Tensor) -> Tensor:
        """Return the features (rows x count * EMBEDDED)."""
        through = torch.clamp((numbers.unsqueeze(2) - self.left) / self.width, 0.0, 1.0).transpose(0, 1)
        there = known.transpose(0, 1).unsqueeze(2)
        features = there * (through @ self.weight + self.bias) + (1 - there) * self.missing
        return torch.relu(features).transpose(0, 1).reshape(numbers.shape[0], -1)


class Layer(nn.Module):
    """A linear layer that all members share, with scales and a bias for each member."""

    def __init__(self, inside: int, outside: int, members: int, *, first: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inside, outside, bias=False)
        self.before = nn.Parameter(torch.randn(members, inside).sign() if first else torch.ones(members, inside))
        self.after = nn.Parameter(torch.ones(members, outside))
        self.bias = nn.Parameter(torch.zeros(members, outside).uniform_(-1, 1) / math.sqrt(inside))

    def forward(self, features: Tensor) -> Tensor:
        """Return rows x members x outside."""
        result: Tensor = self.linear(features * self.before) * self.after + self.bias
        return result


class Network(nn.Module):
    """`values` and `codes` to the outputs of every member."""

    def __init__(self, columns: Sequence[Column], outputs: int, members: int, dropout: float) -> None:
        super().__init__()
        self.parts = Parts(columns)
        self.members, self.outputs = members, outputs
        self.numbers = Numbers(self.parts.width) if self.parts.width else None
        self.categories = nn.ModuleList(nn.Embedding(size, EMBEDDED) for size in self.parts.sizes)
        for embedding in self.categories:
            nn.init.normal_(embedding.weight, std=0.3)  # type: ignore[arg-type]
        width = EMBEDDED * (self.parts.width + len(self.categories))
        sizes = [width, *[HIDDEN] * LAYERS]
        self.layers = nn.ModuleList(
            Layer(inside, outside, members, first=index == 0) for index, (inside, outside) in enumerate(pairwise(sizes))
        )
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Parameter(torch.empty(members, HIDDEN, outputs).uniform_(-1, 1) / math.sqrt(HIDDEN))
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def learn(self, values: Tensor, codes: Tensor) -> None:
        """Take what follows from the training rows alone."""
        if self.numbers is not None:
            numbers, known, _ = self.parts(values, codes)
            self.numbers.learn(numbers, known)

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs (rows x members x outputs)."""
        numbers, known, categories = self.parts(values, codes)
        features = [self.numbers(numbers, known)] if self.numbers is not None else []
        features += [embedding(categories[:, place]) for place, embedding in enumerate(self.categories)]
        state = torch.cat(features, dim=1).unsqueeze(1)
        for layer in self.layers:
            state = self.dropout(torch.relu(layer(state)))
        return (state.unsqueeze(2) @ self.last).squeeze(2) + self.bias


def state(network: Network) -> dict[str, Tensor]:
    """Return the weights that are kept."""
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def about(network: Network) -> dict[str, object]:
    """Return what is kept beside the weights."""
    return {"model": "network", "members": network.members, "outputs": network.outputs}


def restored(columns: Sequence[Column], told: Mapping[str, Any], kept: Mapping[str, Tensor]) -> Network:
    """Return the network of which these are the weights."""
    network = Network(columns, told["outputs"], told["members"], 0.0)
    network.load_state_dict(dict(kept))
    return network.eval()
