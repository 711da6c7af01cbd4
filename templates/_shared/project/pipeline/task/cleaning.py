"""Clean in your own way: put a copy at custom/cleaning.py and run `trainerspec build`.

`prepare` calls it after the spec's `clean` steps. Columns have the names of the data source; those that start
with `__` say where a row is from (`__place`) and which rows are duplicates (`__key`): keep them.
"""

import polars as pl


def clean(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows to keep."""
    return frame
