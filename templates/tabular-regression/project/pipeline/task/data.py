"""Read rows of a table and the numbers that are predicted; what tables share is in tables/input_columns.py."""

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.tables.held_out import answers as held_out
from pipeline.tables.input_columns import measure, raw, read

__all__ = ["held_out", "measure", "raw", "read", "truth"]


def truth(frame: pl.DataFrame, _: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return each row's number."""
    return frame["value"].cast(pl.Float64).to_numpy()
