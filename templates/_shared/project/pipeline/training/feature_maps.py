"""Move and cut features of pictures at several strides as one: what varies pictures costs nothing after the encoder.

A level is pictures x channels x height x width, the finest first; each side is a multiple of that of the coarsest. What
goes with the features, such as a mask of the picture, may be one of the levels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def shifted(levels: Sequence[Tensor], step: Tensor) -> list[Tensor]:
    """Move each picture by `step` (pictures x 2: right, down) places of the coarsest level; what comes in is 0."""
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    each = torch.arange(pictures, device=step.device)[:, None, None]
    found = []
    for level in levels:
        count = level.shape[-1]
        origin = torch.arange(count, device=step.device) - (step * (count // side)).unsqueeze(2)
        seen = (origin >= 0) & (origin < count)
        origin = origin.clamp(0, count - 1)
        taken = level.permute(0, 2, 3, 1)[each, origin[:, 1, :, None], origin[:, 0, None, :]]
        found.append(taken.permute(0, 3, 1, 2) * (seen[:, 1, :, None] & seen[:, 0, None, :]).unsqueeze(1))
    return found


def quartered(levels: Sequence[Tensor], source: Tensor, middle: Tensor) -> list[Tensor]:
    """Put each picture together of the quarters of four: `source` (pictures x 4) are theirs, row by row.

    They meet at `middle` (pictures x 2: column, row), in places of the coarsest level.
    """
    pictures, side = levels[-1].shape[0], levels[-1].shape[-1]
    found = []
    for level in levels:
        count = level.shape[-1]
        line = torch.arange(count, device=source.device)
        right, lower = (line >= middle[:, axis, None] * (count // side) for axis in (0, 1))
        quarter = 2 * lower[:, :, None].long() + right[:, None, :].long()
        which = source.gather(1, quarter.flatten(1)).reshape(pictures, count, count)
        taken = level.permute(0, 2, 3, 1)[which, line[None, :, None], line[None, None, :]]
        found.append(taken.permute(0, 3, 1, 2))
    return found
