"""Read the rows of series, and the windows that become of them; preparing/division.py cuts them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import params
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PROBLEM
from pipeline.reading.values import series
from pipeline.series import table
from pipeline.tables.input_columns import measure

__all__ = ["Truth", "measure", "raw", "read", "truth"]
Truth: TypeAlias = npt.NDArray[np.void]
"""Of each window `value` (a number a step, NaN where none is known) and `scale`, in which errors are counted."""


def read(source: Path, _: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of the table with PLACE and KEY, times as ISO 8601 or whole numbers, and values as numbers.

    Raises Failure TS825 for a value of another kind.
    """
    settings = params.load()
    time, value, named = inputs["time"], outputs["value"], settings.texts("data.series")
    frame = table_files.read(source, [time, value, *named], {time, value, *named})
    frame = table.typed(frame, settings, source)
    names = series.named(frame, named)
    keys = [
        hashlib.sha256(f"{name} at {at}".encode("utf-8", "replace")).hexdigest()[:32]
        for name, at in zip(names.to_list(), frame[time].to_list(), strict=True)
    ]
    why = pl.when(names.is_null()).then(pl.lit(f"no value in {', '.join(f'`{one}`' for one in named)}"))
    return frame.with_columns(pl.Series(KEY, keys, dtype=pl.String), why.otherwise(None).alias(PROBLEM))


def raw(frame: pl.DataFrame) -> dict[str, list[list[float]] | list[str]]:
    """Return the histories of windows as a request has them: the last values, which the model reads."""
    most = params.load().integer("data.context")
    return {
        "history": frame["history"].list.tail(most).to_list(),
        "time": frame["time"].to_list(),
        "series": frame["series"].to_list(),
    }


def truth(frame: pl.DataFrame, _: tuple[str, ...]) -> Truth:
    """Return what came after each window."""
    values = np.array(frame["value"].to_list(), np.float64).reshape(frame.height, -1)
    found = np.empty(frame.height, np.dtype([("value", np.float64, (values.shape[1],)), ("scale", np.float64)]))
    found["value"], found["scale"] = values, frame["scale"].to_numpy()
    return found
