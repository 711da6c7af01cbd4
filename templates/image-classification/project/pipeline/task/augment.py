"""Vary batches of training pictures.

All chance comes from torch's seeded generator on the host, so that any device sees the same pictures.
"""

import math
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
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
    if "randaugment" in how:
        pixels = random_operations(pixels)
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


def random_operations(pixels: Tensor) -> Tensor:
    """Change each picture by ROUNDS operations, chosen and turned up or down by chance.

    As RandAugment does (Cubuk et al. 2019, https://arxiv.org/abs/1909.13719), with the operations of `OPERATIONS`.
    """
    for _ in range(ROUNDS):
        chosen, strength = torch.randint(len(OPERATIONS), (len(pixels),)), STRENGTH * spread(len(pixels))
        made = pixels.clone()
        for number, operation in enumerate(OPERATIONS):
            rows = torch.nonzero(chosen == number).flatten()
            if len(rows):
                where = rows.to(pixels.device)
                some = operation(pixels[where], strength[rows][:, None, None, None].to(pixels.device))
                made[where] = some.clamp(0, 255)
        pixels = made
    return pixels


def moved(pixels: Tensor, strength: Tensor, entries: dict[tuple[int, int], float]) -> Tensor:
    """Return pictures sampled at other places: `entries` of the affine map, each times the strength."""
    matrix = torch.eye(2, 3, device=pixels.device).repeat(len(pixels), 1, 1)
    for (row, column), most in entries.items():
        matrix[:, row, column] += most * strength.flatten()
    grid = functional.affine_grid(matrix, list(pixels.shape), align_corners=False)
    return functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)


def grey(pixels: Tensor) -> Tensor:
    """Return the mean over the channels."""
    return pixels.mean(dim=1, keepdim=True)


def blurred(pixels: Tensor) -> Tensor:
    """Return the mean over 3 x 3 pixels."""
    return functional.avg_pool2d(functional.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def stretched(pixels: Tensor) -> Tensor:
    """Stretch the values of each picture and channel over 0 to 255."""
    low, high = pixels.amin(dim=(2, 3), keepdim=True), pixels.amax(dim=(2, 3), keepdim=True)
    return torch.where(high > low, (pixels - low) * 255 / (high - low).clamp_min(1), pixels)


ROUNDS, STRENGTH = 2, 0.6
"""Operations on each picture, and how far they go at most, of 1."""
OPERATIONS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    lambda pixels, _: pixels,
    lambda pixels, strength: pixels * (1 + 0.9 * strength),  # brightness
    lambda pixels, strength: grey(pixels) + (pixels - grey(pixels)) * (1 + 0.9 * strength),  # colour
    lambda pixels, strength: (
        (pixels - (middle := grey(pixels).mean(dim=(2, 3), keepdim=True))) * (1 + 0.9 * strength) + middle
    ),  # contrast
    lambda pixels, strength: blurred(pixels) + (pixels - blurred(pixels)) * (1 + 0.9 * strength),  # sharpness
    lambda pixels, strength: torch.where(pixels >= 255 * (1 - strength.abs()), 255 - pixels, pixels),  # solarize
    lambda pixels, strength: (pixels / (step := 2 ** (4 * strength.abs()).round())).floor() * step,  # posterize
    lambda pixels, _: stretched(pixels),  # autocontrast
    lambda pixels, strength: moved(pixels, strength, {(0, 1): 0.3}),  # shear
    lambda pixels, strength: moved(pixels, strength, {(1, 0): 0.3}),
    lambda pixels, strength: moved(pixels, strength, {(0, 2): 0.45}),  # shift
    lambda pixels, strength: moved(pixels, strength, {(1, 2): 0.45}),
    lambda pixels, strength: moved(pixels, strength, {(0, 1): -0.52, (1, 0): 0.52}),  # turn, up to 30 degrees
)


def mix(pixels: Tensor, targets: Tensor, how: Collection[str]) -> tuple[Tensor, Tensor]:
    """Mix each picture and its target probabilities with another's: blended (`mixup`), or patched (`cutmix`).

    Of both, one is chosen by chance for the batch. Features, which have no places, are blended either way.
    """
    ways = [way for way in ("mixup", "cutmix") if way in how]
    if not ways:
        return pixels, targets
    way = ways[int(torch.randint(len(ways), ()))] if len(ways) > 1 else ways[0]
    if way == "cutmix" and pixels.ndim == 4:
        return patched(pixels, targets)
    share = beta(MIXUP)
    other = torch.randperm(len(pixels)).to(pixels.device)
    return share * pixels + (1 - share) * pixels[other], share * targets + (1 - share) * targets[other]


def patched(pixels: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Put a rectangle of another picture into each one; targets count by area.

    As CutMix does (Yun et al. 2019, https://arxiv.org/abs/1905.04899), with areas that are spread evenly.
    """
    height, width = pixels.shape[-2:]
    side = math.sqrt(float(torch.rand(())))
    middle = torch.rand(2)
    top, left = int(float(middle[0]) * height - side * height / 2), int(float(middle[1]) * width - side * width / 2)
    bottom, right = min(height, top + round(side * height)), min(width, left + round(side * width))
    top, left = max(0, top), max(0, left)
    other = torch.randperm(len(pixels)).to(pixels.device)
    made = pixels.clone()
    made[..., top:bottom, left:right] = pixels[other][..., top:bottom, left:right]
    share = 1 - max(0, bottom - top) * max(0, right - left) / (height * width)
    return made, share * targets + (1 - share) * targets[other]


def beta(parameter: float) -> float:
    """Draw from the symmetric beta distribution (Jöhnk 1964), at least one half."""
    while True:
        one, other = (float(value) for value in torch.rand(2, dtype=torch.float64).clamp_min(1e-12).pow(1 / parameter))
        if 0 < one + other <= 1 and math.isfinite(one / (one + other)):
            return max(one, other) / (one + other)


def sheet(pixels: npt.NDArray[np.uint8], how: Collection[str], seed: int, path: Path) -> None:
    """Write some training pictures, and below them how they are varied; takes none of training's chance."""
    some = torch.from_numpy(np.ascontiguousarray(pixels[:: max(1, len(pixels) // SHOWN)][:SHOWN])).float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made, _ = mix(vary(some, how), torch.eye(len(some)), how)
    both = torch.stack([some, made]).clamp(0, 255).round().byte()
    scale = max(1, SIDE // both.shape[-1])
    rows = both.repeat_interleave(scale, -1).repeat_interleave(scale, -2).permute(0, 3, 1, 4, 2)
    values = rows.reshape(-1, rows.shape[2] * rows.shape[3], rows.shape[4]).numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values[..., 0] if values.shape[-1] == 1 else values).save(path)


SHOWN, SIDE = 8, 96
"""Pictures that are shown, and their least side in pixels."""
