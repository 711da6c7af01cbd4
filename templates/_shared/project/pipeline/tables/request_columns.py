"""Columns of a table as requests have them: one list a port, with NaN or an empty text for what is missing."""

from collections.abc import Sequence
from typing import TypeAlias

import polars as pl

from pipeline.base.contract import Port

Column: TypeAlias = list[str] | list[int] | list[float]
ROWS = 8
"""Made rows."""
TEXTS = (
    "It works well, and I would take it again.",
    "not what I asked for: too late & broken",
    "ok",
    "¿Qué? 明日の天気",
)
"""Made values of a column of texts."""
FACTORS = (1.0, 0.5, 2.0, 0.0, 1.25, -1.0, 0.9, 10.0)
"""Of a column's middle value, in the made rows."""


def raw(frame: pl.DataFrame, ports: Sequence[Port]) -> dict[str, Column]:
    """Return the columns of prepared rows."""
    return {port.name: column(frame[port.role or port.name], port) for port in ports if port.kind == "column"}


def column(values: pl.Series, port: Port) -> Column:
    """Return one column; whole numbers stay whole."""
    if port.datatype == "BYTES":
        return values.cast(pl.String).fill_null("").to_list()
    if port.datatype.startswith("FP"):
        return values.cast(pl.Float64).fill_null(float("nan")).to_list()
    return values.cast(pl.Int64).to_list()


def examples(ports: Sequence[Port]) -> dict[str, Column]:
    """Make rows for golden.jsonl of what is known of each column: none of them is a row of the data.

    Each optional port is missing once, and each column of texts holds one that is not known.
    """
    return {port.name: made(port, place) for place, port in enumerate(ports) if port.kind == "column"}


def made(port: Port, place: int) -> Column:
    """Make one column; `place` moves its missing value to a row of its own."""
    gap = 1 + place % (ROWS - 1)
    if port.datatype == "BYTES":
        known = TEXTS if port.prose else port.values or ("a", "b")
        texts = [known[(row + place) % len(known)] for row in range(ROWS - 1)] + ["something else"]
        return ["" if port.optional and row == gap else text for row, text in enumerate(texts)]
    middle = 1.0 if port.typical is None else port.typical
    numbers = [middle * factor for factor in FACTORS]
    if port.datatype.startswith("FP"):
        return [float("nan") if port.optional and row == gap else number for row, number in enumerate(numbers)]
    return [round(number) for number in numbers]
