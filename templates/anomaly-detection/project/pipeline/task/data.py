"""Read rows of a table and, where some are known, which of them are anomalies; see tables/input_columns.py."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import params
from pipeline.base.failure import Failure
from pipeline.dataset.table_files import PLACE
from pipeline.reading.values import truths
from pipeline.tables import input_columns
from pipeline.tables.input_columns import measure, raw

__all__ = ["measure", "ordinary", "raw", "read", "truth"]
LABEL = "label"
SHOWN = 5


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of the table with PLACE and KEY.

    Raises Failure TS825 for a label that says neither yes nor no.
    """
    frame = input_columns.read(source, layout, inputs, outputs, amounts=False)
    for column in outputs.values():
        if column not in frame.columns:
            continue
        written = truths.plain(frame[column]).alias(column)
        frame = frame.with_columns(written)
        unknown = written.is_not_null() & truths.marked(written, positive()).is_null()
        if unknown.any():
            strange = frame.filter(unknown)
            named = ", ".join(f"`{value}`" for value in strange[column].unique(maintain_order=True).head(SHOWN))
            message = f"{strange.height} rows have labels that say neither yes nor no: {named}"
            hint = (
                f"in {', '.join(strange[PLACE].head(SHOWN).to_list())}; repair them, or name the value that marks a row"
            )
            places = strange[PLACE].head(100).to_list()
            raise Failure("TS825", message, hint=f"{hint} under `task.options.positive`", evidence={"places": places})
    return frame


def positive() -> str:
    """Return the value that marks an anomaly; empty where it is plain."""
    return str(params.load().mapping("options").get("positive", ""))


def truth(frame: pl.DataFrame, _: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return 1 for each row that is known to be an anomaly, 0 for one that is none, NaN where nobody knows."""
    if LABEL not in frame.columns:
        return np.full(frame.height, np.nan)
    return truths.marked(frame[LABEL], positive()).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def ordinary(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not known to be anomalies: what is usual is learnt from them."""
    return frame.filter(pl.Series(truth(frame, ()) != 1))
