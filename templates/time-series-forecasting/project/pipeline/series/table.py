"""Rows of a long table as numbers at times: how training and `predict` read them alike."""

from pathlib import Path

import polars as pl

from pipeline.base.params import Params
from pipeline.dataset import table_files
from pipeline.tables import input_columns
from pipeline.tables.input_columns import Input


def typed(frame: pl.DataFrame, settings: Params, source: Path) -> pl.DataFrame:
    """Return the rows with times as ISO 8601 or whole numbers, and values as numbers.

    Raises Failure TS825 where a column is not there, or a value is of another kind than was agreed.
    """
    time, value = settings.renames("inputs")["time"], settings.renames("outputs")["value"]
    for column in (time, value, *settings.texts("data.series")):
        if column not in frame.columns:
            raise table_files.missing(column, "the series", frame.columns, source)
    agreed = input_columns.forms(settings)
    wanted = [Input(column=value, role="value", kind="number")]
    dated = settings.renames("data.contract.hard.columns")[time] == "time"
    if dated:
        wanted.append(Input(column=time, role="time", kind="time"))
    made = frame.with_columns([input_columns.converted(frame, one, source, agreed.get(one.column)) for one in wanted])
    return made if dated else made.with_columns(pl.col(time).cast(pl.Int64, strict=False))
