"""Vary pictures while training, as features: moved by whole places, and put together of several (mosaic).

Mirrored pictures have features of their own (see training/picture_features.py). A mask moves with its picture; what
comes in counts for nothing.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.training.feature_maps import quartered, shifted

MOST = 2
"""Places of the coarsest level by which a picture is moved at most."""
SHARE = 0.5
"""Share of pictures that are put together of four."""


def moved(levels: Sequence[Tensor], mask: Tensor) -> tuple[list[Tensor], Tensor]:
    """Move each picture by some places of the coarsest level each way, and its mask (pictures x height x width)."""
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    most = min(MOST, side // 2)
    step = torch.randint(-most, most + 1, (pictures, 2), device=mask.device)
    whole, *rest = shifted([mask.unsqueeze(1), *levels], step)
    return rest, whole.squeeze(1)


def mosaic(levels: Sequence[Tensor], mask: Tensor) -> tuple[list[Tensor], Tensor]:
    """Put some of the pictures together: each quarter shows what another picture of the batch has there."""
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    if side < 2:
        return list(levels), mask
    mixed = torch.rand(pictures, 1, device=mask.device) < SHARE
    own = torch.arange(pictures, device=mask.device).unsqueeze(1)
    others = torch.stack([torch.randperm(pictures, device=mask.device) for _ in range(4)], dim=1)
    middle = torch.randint(1, side, (pictures, 2), device=mask.device)
    whole, *rest = quartered([mask.unsqueeze(1), *levels], torch.where(mixed, others, own), middle)
    return rest, whole.squeeze(1)
