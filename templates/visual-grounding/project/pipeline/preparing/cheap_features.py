"""Examples as points that cost little: pictures, small and grey. Used where the training split is reduced."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from pipeline.pictures import decoding, near_duplicates


def points(frame: pl.DataFrame) -> npt.NDArray[np.float32]:
    """Return a point for each row: its picture as a grey square."""
    return np.stack([small(path) for path in frame["image"].to_list()]).astype(np.float32)


def small(path: str) -> npt.NDArray[np.float32]:
    """Return the values of a picture's small grey copy, 0 to 1."""
    side = near_duplicates.SIDE
    picture, _ = decoding.read(Path(path).read_bytes(), path, side)
    grey = picture.convert("L").resize((side, side), Image.Resampling.BOX)
    return np.asarray(grey, dtype=np.float32).ravel() / np.float32(255)
