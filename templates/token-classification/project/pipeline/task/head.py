"""The tagging head on a word's features: linear when all is trained, a network when the encoder is frozen.

It has a file of its own so that changing it does not compute the frozen features again.
"""

import torch
from torch import Tensor, nn

from pipeline.task.processing import SHAPES

HIDDEN = 512
"""Width of the two hidden layers on frozen features."""
SHAPE = 32
"""Width of what the head knows of a word's shape."""


class Head(nn.Module):
    """Features and shapes of words to logits; with `hidden`, two hidden layers on normalised features."""

    def __init__(self, width: int, tags: int, *, dropout: float, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.shape = nn.Embedding(SHAPES, SHAPE, padding_idx=0)
        wide = width + SHAPE
        if not hidden:
            self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(wide, tags))
            return
        self.layers = nn.Sequential(
            nn.LayerNorm(wide),
            nn.Linear(wide, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, tags),
        )

    def forward(self, features: Tensor, shapes: Tensor) -> Tensor:
        """Return the logits (... x tags) for features (... x width) and shapes (...)."""
        logits: Tensor = self.layers(torch.cat([features, self.shape(shapes)], dim=-1))
        return logits
