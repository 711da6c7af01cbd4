"""What a decoder learns: the share of each class in the pixels of each place, and to overlap with each class.

Cross-entropy with shares as targets tells where within a place a class ends; the Dice loss (Milletari et al. 2016,
https://arxiv.org/abs/1606.04797) weighs a small class as a large one. Pixels that count for nothing have no part.
"""

import torch
from torch import Tensor
from torch.nn import functional

SMOOTH = 1.0
"""Pixels that are added to both sides of Dice, so that a class of few pixels gives no jumps."""


def shares(mask: Tensor, classes: int, side: int) -> Tensor:
    """Return the share of each class in each place (pictures x classes x side x side).

    `mask` is pictures x height x width: the class counted from 1, 0 where nothing counts.
    """
    pictures, count = mask.shape[0], mask.shape[-1] // side
    places = mask.reshape(pictures, side, count, side, count)
    found = [(places == number).float().mean(dim=(2, 4)) for number in range(1, classes + 1)]
    return torch.stack(found, dim=1)


def loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Return the loss of logits (pictures x classes x side x side) against a mask as `shares` takes it."""
    wanted = shares(mask, logits.shape[1], logits.shape[-1])
    weight = wanted.sum(dim=1, keepdim=True)
    logits = logits.float()
    entropy = -(wanted * functional.log_softmax(logits, dim=1)).sum() / weight.sum().clamp(min=1e-6)
    given = torch.softmax(logits, dim=1) * weight
    shared, whole = ((one).sum(dim=(0, 2, 3)) for one in (given * wanted, given + wanted))
    there = wanted.sum(dim=(0, 2, 3)) > 0
    dice = ((2 * shared + SMOOTH) / (whole + SMOOTH))[there]
    return entropy + (1 - dice).sum() / there.sum().clamp(min=1)
