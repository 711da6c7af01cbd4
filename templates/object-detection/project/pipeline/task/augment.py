"""Vary pictures while training, as features: moved by whole places, and put together of several (mosaic).

Mirrored pictures have features of their own (see training/picture_features.py). A box moves with its picture, is cut
where the picture is, and is left out when less than a part of it is still seen.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.training.feature_maps import quartered, shifted

MOST = 3
"""Places of the coarsest level by which a picture is moved at most."""
SHARE = 0.5
"""Share of pictures that are put together of four."""
SEEN = 0.3
"""Share of an object that must be seen for it to be looked for."""


def moved(levels: Sequence[Tensor], truth: Tensor) -> tuple[list[Tensor], Tensor]:
    """Move each picture by some places of the coarsest level each way; what comes in shows nothing."""
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    most = min(MOST, side // 2)
    step = torch.randint(-most, most + 1, (pictures, 2), device=truth.device)
    found = shifted(levels, step)
    shift = (step / side).repeat(1, 2).unsqueeze(1)
    after = torch.cat([truth[..., :1], truth[..., 1:] + shift], dim=2)
    return found, cut(after, torch.tensor([0.0, 0.0, 1.0, 1.0], device=truth.device))


def mosaic(levels: Sequence[Tensor], truth: Tensor) -> tuple[list[Tensor], Tensor]:
    """Put some of the pictures together: each quarter shows what another picture of the batch has there."""
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    if side < 2:
        return list(levels), truth
    mixed = torch.rand(pictures, 1, device=truth.device) < SHARE
    own = torch.arange(pictures, device=truth.device)
    others = torch.stack([torch.randperm(pictures, device=truth.device) for _ in range(4)], dim=1)
    source = torch.where(mixed, others, own.unsqueeze(1))
    middle = torch.randint(1, side, (pictures, 2), device=truth.device)
    found = quartered(levels, source, middle)
    seam = middle / side
    kept = []
    for part in range(4):
        low = torch.stack([seam[:, 0] * (part % 2), seam[:, 1] * (part // 2)], dim=1)
        high = torch.stack([seam[:, 0] if part % 2 == 0 else torch.ones_like(seam[:, 0]),
                            seam[:, 1] if part < 2 else torch.ones_like(seam[:, 1])], dim=1)  # fmt: skip
        kept.append(cut(truth[source[:, part]], torch.cat([low, high], dim=1).unsqueeze(1)))
    together = torch.where(mixed.unsqueeze(2), torch.cat(kept, dim=1), torch.nn.functional.pad(
        truth, (0, 0, 0, 3 * truth.shape[1])))  # fmt: skip
    return found, packed(together)


def cut(truth: Tensor, window: Tensor) -> Tensor:
    """Cut boxes to a window; objects of which less than SEEN is left are none."""
    corners = truth[..., 1:]
    low, high = torch.maximum(corners[..., :2], window[..., :2]), torch.minimum(corners[..., 2:], window[..., 2:])
    left = (high - low).clamp(min=0).prod(dim=-1)
    whole = (corners[..., 2:] - corners[..., :2]).prod(dim=-1)
    kept = (truth[..., 0] > 0) & (left >= SEEN * whole) & (left > 0)
    return torch.cat([truth[..., :1], low, high], dim=-1) * kept.unsqueeze(-1)


def packed(truth: Tensor) -> Tensor:
    """Bring the objects of each picture to the front, and leave out the places that none of them takes."""
    there = truth[..., 0] > 0
    order = torch.argsort(~there, dim=1, stable=True)
    most = max(1, int(there.sum(dim=1).max()))
    return truth.gather(1, order.unsqueeze(2).expand(-1, -1, 5))[:, :most]
