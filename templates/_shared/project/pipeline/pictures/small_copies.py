"""Pictures as points that cost little: small and grey."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.pictures import decoding, near_duplicates


def points(paths: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return a point for each picture."""
    return np.stack([small(path) for path in paths]).astype(np.float32)


def small(path: str) -> npt.NDArray[np.float32]:
    """Return the values of a picture's small grey copy, 0 to 1."""
    side = near_duplicates.SIDE
    picture, _ = decoding.read(Path(path).read_bytes(), path, side)
    grey = picture.convert("L").resize((side, side), Image.Resampling.BOX)
    return np.asarray(grey, dtype=np.float32).ravel() / np.float32(255)
