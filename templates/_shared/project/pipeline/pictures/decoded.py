"""Decode the pictures of a split once and keep them on disk: training reads them as one array."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import imports
from pipeline.base.files import key as digest
from pipeline.base.progress import Progress
from pipeline.pictures import decoding

Pixels = npt.NDArray[np.uint8]


def decoded(
    name: str, folder: Path, size: int, channels: int, decode: Callable[[str], Pixels], code: str, say: Progress
) -> Pixels:
    """Return the pictures of build/data/<name>.parquet (pictures x channels x size x size), from `folder` or made anew.

    The array stays on disk and is read where it is needed. Arrays of other settings, or of another `decode`, which is
    in the module `code`, are deleted.
    """
    path = Path(f"build/data/{name}.parquet")
    settings = {"size": size, "channels": channels}
    file = folder / f"{name}-{digest(settings, [path, *imports.reached(code)])}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob(f"{name}-*.npy"):
            other.unlink()
        paths = pl.read_parquet(path)["image"].to_list()
        part = file.with_suffix(".part")
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(paths), channels, size, size))
        for index, one in enumerate(paths):
            array[index] = decode(one)
            say(index + 1, len(paths), "pictures")
        array.flush()
        shutil.move(part, file)
    kept: Pixels = np.load(file, mmap_mode="r")
    return kept


def squares(name: str, folder: Path, size: int, channels: int, say: Progress) -> Pixels:
    """Return the pictures of a split scaled to fill their square, as `decoded` keeps them."""
    square = partial(decoding.square, size=size, channels=channels)
    return decoded(name, folder, size, channels, square, "pipeline/pictures/decoding.py", say)
