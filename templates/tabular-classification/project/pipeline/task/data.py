"""Read the rows of a table and their classes; what is common to tables is in tables/input_columns.py."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.tables.held_out import answers as held_out
from pipeline.tables.input_columns import measure, raw, read

__all__ = ["held_out", "measure", "raw", "read", "truth"]


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return each row's class, as its place in `labels`."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[label] for label in frame["label"].to_list()], dtype=np.int64)
