"""Pictures as points, by colours, edges and small copies: near ones are alike. Used to label rows without weights.

Besides a picture of 12 x 12 colours it counts the directions of edges in 4 x 4 fields (Dalal and Triggs 2005).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.pictures import decoding

SMALL, SIDE, FIELDS, DIRECTIONS = 12, 64, 4, 8


def embed(
    settings: Params, frame: pl.DataFrame, words: Sequence[str], say: Progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return a point for each picture; none for `words`, which are of another kind."""
    files = frame["image"].to_list()
    points = []
    for index, file in enumerate(files):
        picture, _ = decoding.read(Path(file).read_bytes(), file, SIDE)
        points.append(point(picture.convert("RGB")))
        say(index + 1, len(files), "pictures")
    return np.stack(points), None


def point(picture: Image.Image) -> npt.NDArray[np.float32]:
    """Return the point of one picture: colours and edges count alike."""
    colours = np.asarray(picture.resize((SMALL, SMALL), Image.Resampling.BOX), np.float32).ravel() / 255 - 0.5
    grey = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    down, right = np.gradient(grey)
    strength, turn = np.hypot(down, right), np.floor((np.arctan2(down, right) % np.pi) / np.pi * DIRECTIONS)
    field = SIDE // FIELDS
    edges = [
        (strength * (turn == one)).reshape(FIELDS, field, FIELDS, field).sum(axis=(1, 3)).ravel()
        for one in range(DIRECTIONS)
    ]
    counted = np.sqrt(np.concatenate(edges))
    return np.concatenate([one / max(1e-6, float(np.linalg.norm(one))) for one in (colours, counted)]).astype(
        np.float32
    )
