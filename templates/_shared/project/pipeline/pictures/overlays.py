"""Pictures under the colours of their classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.pictures import decoding, label_maps
from pipeline.pictures.label_maps import Numbers

STRENGTH = 0.55
"""How much of a colour covers the picture."""
UNCOUNTED = (255, 255, 255)
"""The colour of pixels that count for nothing."""


def over(
    path: str, numbers: Numbers, colours: Sequence[tuple[int, int, int]], side: int, *, strength: float = STRENGTH
) -> Image.Image:
    """Return a picture, upright and at most `side` pixels long, under the colours of its map."""
    picture, _ = decoding.read(Path(path).read_bytes(), path, side)
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    table = [*colours, *[UNCOUNTED] * (256 - len(colours))]
    shown = label_maps.coloured(label_maps.resized(numbers, *small.size), table)
    return Image.fromarray(np.round((1 - strength) * np.asarray(small) + strength * shown).astype(np.uint8))
