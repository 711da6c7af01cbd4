"""Decode the pictures of a split once and keep them on disk: training reads them as one array."""

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import imports
from pipeline.base.files import key as digest
from pipeline.base.progress import Progress
from pipeline.task.processing import Processor


def decoded(processor: Processor, name: str, folder: Path, say: Progress) -> npt.NDArray[np.uint8]:
    """Return the pictures of build/data/<name>.parquet (pictures x channels x size x size), from `folder` or made anew.

    The array stays on disk and is read where it is needed. Arrays of other settings are deleted.
    """
    path = Path(f"build/data/{name}.parquet")
    settings = {"size": processor.size, "channels": processor.channels}
    file = folder / f"{name}-{digest(settings, [path, *imports.reached('pipeline/task/processing.py')])}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob(f"{name}-*.npy"):
            other.unlink()
        paths = pl.read_parquet(path)["image"].to_list()
        part = file.with_suffix(".part")
        shape = (len(paths), processor.channels, processor.size, processor.size)
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
        for index, one in enumerate(paths):
            array[index] = processor.pixels(Path(one).read_bytes(), one)
            say(index + 1, len(paths), "pictures")
        array.flush()
        shutil.move(part, file)
    kept: npt.NDArray[np.uint8] = np.load(file, mmap_mode="r")
    return kept
