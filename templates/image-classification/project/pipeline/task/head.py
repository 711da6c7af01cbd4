"""The classification head on an encoder's features, and the graph that is served: for every pretrained encoder.

It has a file of its own so that changing it does not compute the frozen features again.
"""

import torch
from torch import Tensor, nn

HIDDEN = 256
"""Width of the head on frozen features."""


def head(width: int, classes: int, *, dropout: float, hidden: int) -> nn.Module:
    """Return a linear head, or with `hidden` a network of two layers on normalised features."""
    if not hidden:
        return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, classes)
    )


class Served(nn.Module):
    """What is exported: probabilities from pixels, in one graph."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the probabilities (pictures x classes)."""
        return torch.softmax(self.model(pixels), dim=-1)
