"""What the head is trained for: which places answer for which object, their scores, and their boxes.

Places are chosen by what the head answers already (task-aligned assignment, Feng et al. 2021,
https://arxiv.org/abs/2108.07755): those within an object whose score and overlap are highest. The score to be learnt is
how well their box fits. Overlap is GIoU (Rezatofighi et al. 2019, https://arxiv.org/abs/1902.09630).
"""

import torch
from torch import Tensor
from torch.nn import functional

PLACES = 10
"""Places that answer for one object, at most."""
SCORE, FIT = 0.5, 6.0
"""Powers of score and overlap in how well a place answers."""
BOXES = 2.0
"""Weight of the boxes beside the scores."""
LEAST = 0.01
"""Overlap that counts for how well a place answers at least: none, raised to a power, would be no number."""
SOME = 1e-9


def loss(boxes: Tensor, logits: Tensor, truth: Tensor, places: Tensor, finest: int) -> Tensor:
    """Return the loss of all places' boxes (pictures x places x 4) and logits (... x classes).

    `truth` holds class (from 1, 0: none) and corners of each object (pictures x objects x 5), in shares of the square;
    the first `finest` of `places` (x, y) are those of the finest level.
    """
    logits = logits.float()
    with torch.no_grad():
        wanted, scores = assign(boxes, torch.sigmoid(logits), truth, places, finest)
    share = scores.sum(dim=2)
    whole = share.sum().clamp(min=1.0)
    named = functional.binary_cross_entropy_with_logits(logits, scores, reduction="sum") / whole
    framed = ((1.0 - giou(boxes, wanted)) * share).sum() / whole
    return named + BOXES * framed


def assign(boxes: Tensor, scores: Tensor, truth: Tensor, places: Tensor, finest: int) -> tuple[Tensor, Tensor]:
    """Return the box that each place is to give (pictures x places x 4), and its scores (... x classes)."""
    there, corners = truth[..., 0] > 0, truth[..., 1:]
    kinds = (truth[..., 0].long() - 1).clamp(min=0)
    overlap = iou(corners.unsqueeze(2), boxes.unsqueeze(1)) * there.unsqueeze(2)
    sure = scores.transpose(1, 2).gather(1, kinds.unsqueeze(2).expand(-1, -1, scores.shape[1]))
    within = inside(corners, places, finest) & there.unsqueeze(2)
    fit = sure.pow(SCORE) * overlap.clamp(min=LEAST).pow(FIT) * within
    best = fit.topk(min(PLACES, fit.shape[2]), dim=2).indices
    taken = torch.zeros_like(within).scatter_(2, best, True) & within
    # a place in several objects answers for the one that its box overlaps most
    owner = torch.where(taken, overlap + 1.0, 0.0).argmax(dim=1)
    mine = taken & (torch.arange(truth.shape[1], device=truth.device)[None, :, None] == owner.unsqueeze(1))
    fit = fit * mine
    top_overlap = (overlap * mine).amax(dim=2, keepdim=True)
    share = (fit / fit.amax(dim=2, keepdim=True).clamp(min=LEAST * LEAST**FIT) * top_overlap).sum(dim=1)
    wanted = corners.gather(1, owner.unsqueeze(2).expand(-1, -1, 4))
    kind = functional.one_hot(kinds.gather(1, owner), scores.shape[2])
    return wanted, kind * share.unsqueeze(2)


def inside(corners: Tensor, places: Tensor, finest: int) -> Tensor:
    """Tell which places lie in which object (pictures x objects x places); the nearest of the finest level always."""
    low = places[None, None] - corners[..., None, :2]
    high = corners[..., None, 2:] - places[None, None]
    within = torch.minimum(low, high).amin(dim=3) > 0
    middle = (corners[..., :2] + corners[..., 2:]) / 2
    nearest = (places[None, None, :finest] - middle.unsqueeze(2)).square().sum(dim=3).argmin(dim=2, keepdim=True)
    return within.scatter(2, nearest, True)


def iou(one: Tensor, other: Tensor) -> Tensor:
    """Return the intersection over union of boxes that stand at the same place."""
    low, high = torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    return shared / (area(one) + area(other) - shared).clamp(min=SOME)


def giou(one: Tensor, other: Tensor) -> Tensor:
    """Return the generalised intersection over union, from -1 to 1."""
    low, high = torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    union = area(one) + area(other) - shared
    outer = torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])
    hull = outer.clamp(min=0).prod(dim=-1)
    return shared / union.clamp(min=SOME) - (hull - union) / hull.clamp(min=SOME)


def area(boxes: Tensor) -> Tensor:
    """Return the areas of boxes."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(dim=-1)
