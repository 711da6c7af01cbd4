"""Vary batches of training pictures.

All chance comes from torch's seeded generator on the host, so that any device sees the same pictures.
"""

import math
from collections.abc import Collection

import torch
from torch import Tensor
from torch.nn import functional

TURN, ZOOM, SHEAR, SHIFT = 0.2, 0.12, 0.1, 0.18
"""Of `affine`: radians, share of the size, share, and half widths."""
CROP = 0.35
"""Of `crop`: most of the side that is cut away."""
COLOUR = 0.25
"""Of `colour`: most that brightness, contrast and saturation change."""
MIXUP = 0.2
"""Of `mixup` (Zhang et al. 2018, https://arxiv.org/abs/1710.09412): the parameter of the beta distribution."""


def vary(pixels: Tensor, how: Collection[str]) -> Tensor:
    """Return pictures x channels x height x width with values 0..255, each picture varied in its own way."""
    count, where = len(pixels), pixels.device
    if {"flip", "affine", "crop"} & set(how):
        grid = functional.affine_grid(places(count, how).to(where), list(pixels.shape), align_corners=False)
        pixels = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    if "colour" in how:
        light, contrast, colour = (1 + COLOUR * spread(count)[:, None, None, None].to(where) for _ in range(3))
        grey = pixels.mean(dim=1, keepdim=True)
        pixels = grey + (pixels - grey) * colour
        middle = grey.mean(dim=(2, 3), keepdim=True)
        pixels = ((middle + (pixels - middle) * contrast) * light).clamp(0, 255)
    return pixels


def places(count: int, how: Collection[str]) -> Tensor:
    """Return an affine map (count x 2 x 3) from the new picture's places to the old one's, both -1..1."""
    matrix = torch.eye(2).repeat(count, 1, 1)
    shift = torch.zeros(count, 2)
    if "affine" in how:
        turn, shear = TURN * spread(count), SHEAR * spread(count)
        cosine, sine = turn.cos(), turn.sin()
        matrix = torch.stack([torch.stack([cosine, -sine + shear], 1), torch.stack([sine, cosine], 1)], 1)
        matrix = matrix * (1 + ZOOM * spread(count))[:, None, None]
        shift = SHIFT * torch.stack([spread(count), spread(count)], 1)
    if "crop" in how:
        side = 1 - CROP * torch.rand(count)
        matrix = matrix * side[:, None, None]
        shift = shift + (1 - side)[:, None] * torch.stack([spread(count), spread(count)], 1)
    if "flip" in how:
        mirror = 1 - 2 * (torch.rand(count) < 0.5).float()
        matrix = torch.stack([matrix[:, 0] * mirror[:, None], matrix[:, 1]], 1)
        shift = torch.stack([shift[:, 0] * mirror, shift[:, 1]], 1)
    return torch.cat([matrix, shift[:, :, None]], 2)


def spread(count: int) -> Tensor:
    """Draw numbers between -1 and 1."""
    return 2 * torch.rand(count) - 1


def mix(pixels: Tensor, targets: Tensor, how: Collection[str]) -> tuple[Tensor, Tensor]:
    """Blend each picture and its target probabilities with those of another one when `mixup` is asked for."""
    if "mixup" not in how:
        return pixels, targets
    share = beta(MIXUP)
    other = torch.randperm(len(pixels)).to(pixels.device)
    return share * pixels + (1 - share) * pixels[other], share * targets + (1 - share) * targets[other]


def beta(parameter: float) -> float:
    """Draw from the symmetric beta distribution (Jöhnk 1964), at least one half."""
    while True:
        one, other = (float(value) for value in torch.rand(2, dtype=torch.float64).clamp_min(1e-12).pow(1 / parameter))
        if 0 < one + other <= 1 and math.isfinite(one / (one + other)):
            return max(one, other) / (one + other)
