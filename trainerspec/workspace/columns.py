"""The columns of a table: which of them a model can learn from, and what a form or an example has to know of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import polars as pl

from trainerspec.ir.json import Json
from trainerspec.workspace import read

READ = ("text", "integer", "number", "boolean")
DISTINCT = 0.9
"""Share of different texts from which a column names its rows (a name, a ticket) and tells nothing of others."""
FEW = 20
"""Rows below which that is not judged."""
LISTED = 30
"""A column of more different texts than this is not listed value by value."""
LONGEST = 60
"""Characters of a value that is listed."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns that came into question."""

    usable: tuple[str, ...]
    left_out: Mapping[str, str]
    """Column to the reason."""
    about: Mapping[str, Mapping[str, Json]]
    """Of each column, the taken ones too: `type`, `missing` (share of rows), `values` (frequent first) or `typical`."""


def columns(frame: pl.DataFrame, taken: Iterable[str]) -> Columns:
    """Sort the columns of a table, but for the `taken` ones, into usable and left out; a blank text is missing."""
    blank = [pl.when(pl.col(pl.String).str.strip_chars() != "").then(pl.col(pl.String)).name.keep()]
    frame = frame.with_columns(blank)
    free = [name for name in frame.columns if name not in set(taken)]
    reasons = {name: reason for name in free if (reason := useless(frame.get_column(name)))}
    return Columns(
        usable=tuple(name for name in free if name not in reasons),
        left_out=reasons,
        about={name: about(frame.get_column(name)) for name in frame.columns if read.kind(frame.schema[name]) in READ},
    )


def useless(values: pl.Series) -> str:
    """Say why nothing can be learnt from a column; empty when something can.

    >>> useless(pl.Series([1, 1, 1])), useless(pl.Series(range(40))), useless(pl.Series([1.5, 2.5]))
    ('every row has the same value', 'it numbers the rows', '')
    """
    kind, known = read.kind(values.dtype), values.drop_nulls()
    if kind not in READ:
        return f"it holds {str(values.dtype).lower()}, no numbers or texts"
    if known.is_empty():
        return "it is empty"
    different = known.n_unique()
    if different == 1:
        return "every row has the same value"
    if len(known) < FEW:
        return ""
    if kind == "text" and different > DISTINCT * len(known):
        return f"{different} different texts in {len(known)} rows name the rows"
    if kind == "integer" and different == len(known) == cast(int, known.max()) - cast(int, known.min()) + 1:
        return "it numbers the rows"
    return ""


def about(values: pl.Series) -> dict[str, Json]:
    """Describe a column of texts, truth values or numbers.

    >>> about(pl.Series(["a", "b", "b", None]))
    {'type': 'text', 'missing': 0.25, 'values': ['b', 'a']}
    >>> about(pl.Series([3, 1, 2]))
    {'type': 'integer', 'missing': 0.0, 'typical': 2}
    """
    kind, known = read.kind(values.dtype), values.drop_nulls()
    found: dict[str, Json] = {"type": kind, "missing": round(values.null_count() / max(1, len(values)), 4)}
    if known.is_empty():
        return found
    if kind in ("integer", "number"):
        middle = known.cast(pl.Float64).quantile(0.5, "nearest")
        found["typical"] = int(middle or 0) if kind == "integer" else float(f"{middle or 0:.6g}")
    elif known.n_unique() <= LISTED:
        texts = known.cast(pl.String).alias("value").value_counts().sort(["count", "value"], descending=[True, False])
        found["values"] = [text for text in texts["value"].to_list() if len(text) <= LONGEST]
    return found
