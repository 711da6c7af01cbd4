"""The decoder: features of four strides, from coarse to fine, each joined with what the encoder saw there.

As U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597), on an encoder that is not trained. Convolutions
look at each channel apart and then mix channels, which costs a tenth. The mean of the whole picture is added where the
places are coarsest: what a place shows depends on the scene.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (4, 8, 16, 32)
"""Pixels between two places of each level; answers have the finest."""
KERNEL = 3
"""Places that a convolution of a channel sees each way."""


class Mix(nn.Sequential):
    """Look around in each channel, then mix the channels."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, before, KERNEL, padding=KERNEL // 2, groups=before, bias=False),
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.Conv2d(before, after, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        )


class Head(nn.Module):
    """A logit of each class at each place; `channels` are those of the levels."""

    mean: Tensor
    spread: Tensor

    def __init__(self, channels: Sequence[int], width: int, classes: int, *, dropout: float) -> None:
        super().__init__()
        self.channels, self.width = tuple(channels), width
        self.register_buffer("mean", torch.zeros(sum(channels)))
        self.register_buffer("spread", torch.ones(sum(channels)))
        self.drop = nn.Dropout2d(dropout)
        self.enter = nn.ModuleList(nn.Conv2d(one, width, 1) for one in channels)
        self.scene = nn.Conv2d(width, width, 1)
        self.start = Mix(width, width)
        self.join = nn.ModuleList(Mix(2 * width, width) for _ in channels[1:])
        self.name = nn.Sequential(Mix(width, width), nn.Conv2d(width, classes, 1))

    def standard(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Bring every channel of the levels to mean 0 and spread 1."""
        means, spreads = (torch.split(whole, list(self.channels)) for whole in (self.mean, self.spread))
        return [
            (level - mean[:, None, None]) / spread[:, None, None]
            for level, mean, spread in zip(levels, means, spreads, strict=True)
        ]

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Return logits (pictures x classes x height x width of the finest level) of standard features at STRIDES."""
        entered = [enter(self.drop(level)) for enter, level in zip(self.enter, levels, strict=True)]
        state = self.start(entered[-1] + self.scene(entered[-1].mean(dim=(2, 3), keepdim=True)))
        for join, level in zip(self.join, reversed(entered[:-1]), strict=True):
            wider = functional.interpolate(state, scale_factor=2.0, mode="bilinear", align_corners=False)
            state = join(torch.cat([wider, level], dim=1))
        logits: Tensor = self.name(state)
        return logits
