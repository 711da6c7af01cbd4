"""Read deliveries: one table. Used by prepare and evaluation."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PLACE


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a delivery, with the data's columns, PLACE and KEY."""
    frame = table_files.read(source)
    names = [name for name in frame.columns if name != PLACE]
    keys = [hashlib.sha256(repr(row).encode()).hexdigest()[:32] for row in frame.select(names).iter_rows()]
    return frame.with_columns(pl.Series(KEY, keys, dtype=pl.String))


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure the facts that the data contract's soft part holds: none."""
    return {}


def raw(frame: pl.DataFrame) -> dict[str, list[float]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {name: frame[name].cast(pl.Float64).to_list() for name in ("distance", "weight")}


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return each row's hours."""
    return frame["hours"].cast(pl.Float64).to_numpy()
