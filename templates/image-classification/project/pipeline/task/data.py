"""Read pictures and their labels: class folders, one folder with the class in the file names, or a table of paths.

What cannot be used (damaged files, files that are no pictures, the same picture under two classes) is named in
build/data/report.json and left out.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import table_files
from pipeline.dataset.table_files import PROBLEM
from pipeline.pictures import picture_files
from pipeline.pictures.picture_files import measure

__all__ = ["measure", "raw", "read", "truth"]


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a picture: its path, its class, the data's other columns, PLACE, KEY and PROBLEM."""
    label = outputs["label"]
    frame = picture_files.read(source, layout, inputs["image"], label)
    return table_files.disputed(frame, label, "picture") if {label, PROBLEM} <= set(frame.columns) else frame


def raw(frame: pl.DataFrame) -> dict[str, list[bytes]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {"image": [Path(path).read_bytes() for path in frame["image"].to_list()]}


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return each row's class, as its place in `labels`."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[label] for label in frame["label"].to_list()], dtype=np.int64)
