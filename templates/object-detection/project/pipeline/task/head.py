"""The head that finds objects: features of three strides, mixed from coarse to fine, then a class and a box each place.

Anchor-free, as FCOS (Tian et al. 2019, https://arxiv.org/abs/1904.01355): each place tells the distances from its
middle to the four sides of the object that it lies in. Convolutions look at each channel apart and then mix channels,
as RTMDet's (Lyu et al. 2022, https://arxiv.org/abs/2212.07784), which costs a tenth.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
"""Pixels between two places of each level."""
KERNEL = 3
"""Places that a convolution of a channel sees each way."""
RARE = 0.01
"""Score of every class at the start: most places show none."""
FARTHEST = 6.0
"""Largest exponent of a distance, in strides: more than any picture is wide."""


class Mix(nn.Sequential):
    """Look around in each channel, then mix the channels."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, KERNEL, padding=KERNEL // 2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )


class Head(nn.Module):
    """Scores and boxes of all places; `channels` are those of the three levels."""

    mean: Tensor
    spread: Tensor
    places: Tensor
    steps: Tensor

    def __init__(
        self, channels: Sequence[int], width: int, classes: int, side: int, *, deep: int = 2, dropout: float
    ) -> None:
        super().__init__()
        self.channels, self.width, self.deep = tuple(channels), width, deep
        self.register_buffer("mean", torch.zeros(sum(channels)))
        self.register_buffer("spread", torch.ones(sum(channels)))
        places, steps = grid(side)
        self.register_buffer("places", places)
        self.register_buffer("steps", steps)
        self.drop = nn.Dropout2d(dropout)
        self.enter = nn.ModuleList(nn.Conv2d(one, width, 1) for one in channels)
        self.down = nn.ModuleList(Mix(width) for _ in channels)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, 2, 1, groups=width, bias=False), nn.BatchNorm2d(width))
            for _ in channels[1:]
        )
        self.after = nn.ModuleList(Mix(width) for _ in channels[1:])
        self.name = nn.Sequential(*(Mix(width) for _ in range(deep)), nn.Conv2d(width, classes, 1))
        self.frame = nn.Sequential(*(Mix(width) for _ in range(deep)), nn.Conv2d(width, 4, 1))
        nn.init.constant_(self.name[-1].bias, -math.log((1 - RARE) / RARE))  # type: ignore[arg-type]
        nn.init.constant_(self.frame[-1].bias, 1.0)  # type: ignore[arg-type]

    def standard(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Bring every channel of the three levels to mean 0 and spread 1."""
        means, spreads = (torch.split(whole, list(self.channels)) for whole in (self.mean, self.spread))
        return [
            (level - mean[:, None, None]) / spread[:, None, None]
            for level, mean, spread in zip(levels, means, spreads, strict=True)
        ]

    def forward(self, levels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return `boxes` (pictures x places x 4, corners in shares of the square) and logits (... x classes).

        `levels` are standard features at STRIDES (pictures x channels x height x width).
        """
        states = [enter(self.drop(level)) for enter, level in zip(self.enter, levels, strict=True)]
        for at in (1, 0):
            states[at] = states[at] + functional.interpolate(states[at + 1], scale_factor=2.0, mode="nearest")
        states = [mix(state) for mix, state in zip(self.down, states, strict=True)]
        for at, (up, after) in enumerate(zip(self.up, self.after, strict=True)):
            states[at + 1] = after(states[at + 1] + up(states[at]))
        logits = torch.cat([self.name(state).flatten(2) for state in states], dim=2).transpose(1, 2)
        far = torch.cat([self.frame(state).flatten(2) for state in states], dim=2).transpose(1, 2)
        far = torch.exp(far.float().clamp(max=FARTHEST)) * self.steps
        return torch.cat([self.places - far[..., :2], self.places + far[..., 2:]], dim=2), logits


def grid(side: int) -> tuple[Tensor, Tensor]:
    """Return the middle of each place (places x 2: x, y) and its size (places x 1), in shares of the square."""
    middles, sizes = [], []
    for stride in STRIDES:
        count = side // stride
        line = (torch.arange(count) + 0.5) / count
        rows, columns = torch.meshgrid(line, line, indexing="ij")
        middles.append(torch.stack([columns, rows], dim=-1).reshape(-1, 2))
        sizes.append(torch.full((count * count, 1), 1.0 / count))
    return torch.cat(middles), torch.cat(sizes)
