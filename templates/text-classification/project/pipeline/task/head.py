"""The classification head on an encoder's features: linear when all is trained, a network when the encoder is frozen.

It has a file of its own so that changing it does not compute the frozen features again.
"""

from torch import nn

HIDDEN = 512
"""Width of the two hidden layers on frozen features."""


def head(width: int, classes: int, *, dropout: float, hidden: int) -> nn.Module:
    """Return a linear head, or with `hidden` a network of two hidden layers on normalised features."""
    if not hidden:
        return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, classes),
    )
