"""What the head is trained for: the right place, and from places near an object's middle its box."""

import torch
from torch import Tensor
from torch.nn import functional

NEAR = 16.0
"""How fast a place counts less with its distance from the middle, in box sizes; at a fifth of the box, half."""
GIOU, DISTANCE, OTHERS = 2.0, 5.0, 0.5
"""Weights of the overlap (Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630), of the sides' distances, and of
all objects of the picture beside the one that the phrase means."""


def nearness(boxes: Tensor, grid: Tensor) -> Tensor:
    """Return how much each place counts for each box (boxes x grid x grid); a box's places add up to 1."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1.0 / grid.shape[0])
    away = (grid.unsqueeze(0) - middle[:, None, None]) / size[:, None, None]
    weights = torch.exp(-NEAR * away.square().sum(dim=-1))
    return weights / weights.sum(dim=(1, 2), keepdim=True)


def place_loss(scores: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the cross-entropy of the places' scores against their nearness."""
    rows = scores.shape[0]
    target = (1 - smoothing) * target.reshape(rows, -1) + smoothing / target[0].numel()
    return functional.cross_entropy(scores.reshape(rows, -1).float(), target)


def box_loss(found: Tensor, wanted: Tensor, target: Tensor) -> Tensor:
    """Return the loss of the boxes that all places gave (rows x grid x grid x 4) for one wanted box a row."""
    wanted = wanted[:, None, None, :].expand_as(found)
    distance = (found - wanted).abs().sum(dim=-1)
    shared = (
        (torch.minimum(found[..., 2:], wanted[..., 2:]) - torch.maximum(found[..., :2], wanted[..., :2]))
        .clamp(min=0)
        .prod(-1)
    )
    hull = (
        (torch.maximum(found[..., 2:], wanted[..., 2:]) - torch.minimum(found[..., :2], wanted[..., :2]))
        .clamp(min=0)
        .prod(-1)
    )
    union = area(found) + area(wanted) - shared
    overlap = shared / union.clamp(min=1e-9) - (hull - union) / hull.clamp(min=1e-9)
    return (target * (GIOU * (1 - overlap) + DISTANCE * distance)).sum(dim=(1, 2)).mean()


def area(boxes: Tensor) -> Tensor:
    """Return the areas of boxes."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
