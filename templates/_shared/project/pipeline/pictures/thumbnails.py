"""Small copies of pictures for pages: inside the page, upright, with boxes drawn where there are any."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from pipeline.pictures import decoding, near_duplicates

SIDE = 176
"""Pixels of the longer side."""
COMPARED = 2000
"""Pictures that are compared with one another, at most."""
ALIKE = 10.0
"""Root mean square difference, of 255, below which two pictures look alike; what is nearer than NEAR is one to us."""
LINE = "#ff3b30"


def sizes(paths: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """Return widths and heights of picture files, as they are stored."""
    found = []
    for path in paths:
        with Image.open(path) as picture:
            found.append(picture.size)
    return tuple(pl.Series([one[axis] for one in found], dtype=pl.Int64) for axis in (0, 1))  # type: ignore[return-value]


def shown(path: str, told: str, *boxes: Sequence[float]) -> str:
    """Return a picture as an HTML image with an alternative text; boxes are in pixels of the whole picture."""
    picture, (width, height) = decoding.read(Path(path).read_bytes(), path, SIDE)
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    larger = SIDE // max(small.size)
    if larger > 1:
        small = small.resize((larger * small.width, larger * small.height), Image.Resampling.NEAREST)
    for box in boxes:
        x0, y0, x1, y1 = (
            value * side / whole for value, side, whole in zip(box, small.size * 2, (width, height) * 2, strict=True)
        )
        ImageDraw.Draw(small).rectangle((x0, y0, max(x0, x1), max(y0, y1)), outline=LINE, width=2)
    return embedded(small, told)


def embedded(picture: Image.Image, told: str) -> str:
    """Return a picture as an HTML image with an alternative text."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    source = f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
    return f"<img alt='{html.escape(told)}' src='{source}'>"


def alike(paths: Sequence[str]) -> list[tuple[int, int, float]]:
    """Return the places of pictures that look alike, with their likeness from 0 to 1; the first COMPARED alone."""
    side = near_duplicates.SIDE
    rows = []
    for path in paths[:COMPARED]:
        picture, _ = decoding.read(Path(path).read_bytes(), path, side)
        rows.append(
            np.asarray(picture.convert("L").resize((side, side), Image.Resampling.BOX), dtype=np.float32).ravel()
        )
    if not rows:
        return []
    flat = np.stack(rows)
    squares = (flat**2).sum(axis=1)
    found = []
    for place, one in enumerate(flat[:-1]):
        gaps = np.sqrt(
            np.maximum(0, squares[place + 1 :] + squares[place] - 2 * flat[place + 1 :] @ one) / flat.shape[1]
        )
        found += [
            (place, place + 1 + int(other), float(1 - gaps[other] / 255)) for other in np.flatnonzero(gaps <= ALIKE)
        ]
    return found
