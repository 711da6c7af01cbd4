"""The columns of a table: which of them a model can learn from, and what a form or an example has to know of each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import polars as pl

from trainerspec.ir.json import Json
from trainerspec.reading import kinds
from trainerspec.reading.values import numerals
from trainerspec.reading.values.prose import prose

READ = ("text", "integer", "number", "boolean", "time")
DISTINCT = 0.9
"""Share of different texts from which a column names its rows (a name, a ticket) and tells nothing of others."""
FEW = 20
"""Rows below which that is not judged."""
NUMBERS = re.compile(
    r"(?:^|[^a-z])(?:id|ids|no|nr|num|number|nummer|key|code|uuid|guid|index)(?:$|[^a-z])|[a-z]Id$", re.IGNORECASE
)
"""How columns are called that name a row: `customer_no`, `ID`, `orderId`."""
ENOUGH = 50
LISTED = 30
"""A column of more different texts than this is not listed value by value."""
MANY = 10_000
"""Values that may tell at once that a column has too many to be listed."""
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
    texts: tuple[str, ...] = ()
    """Those of the free columns, whatever else is known of them, that hold texts which people wrote."""


def columns(frame: pl.DataFrame, taken: Iterable[str], unread: Mapping[str, str] = MappingProxyType({})) -> Columns:
    """Sort the columns of a table that are what they hold, but for the `taken` ones, into usable and left out."""
    taken = {*taken}
    free = [name for name in frame.columns if name not in taken]
    reasons = {
        name: reason
        for name in free
        if (reason := f"`{unread[name]}` names it" if name in unread else useless(frame.get_column(name)))
    }
    return Columns(
        usable=tuple(name for name in free if name not in reasons),
        left_out=reasons,
        about={name: about(frame.get_column(name)) for name, dtype in frame.schema.items() if kind(dtype) in READ},
        texts=tuple(name for name in free if prose(frame.get_column(name))),
    )


def characters(frame: pl.DataFrame, texts: Sequence[str]) -> int:
    """Count the characters of a row's texts, on average.

    >>> characters(pl.DataFrame({"a": ["four", None], "b": ["six to", "ten"]}), ["a", "b"])
    6
    """
    return sum(round(float(str(frame[name].str.len_chars().sum())) / max(1, frame.height)) for name in texts)


def kind(dtype: pl.DataType) -> str:
    """Name a column's type as the data contract does."""
    return kinds.of(dtype)


def typed(values: pl.Series) -> pl.Series:
    """Read texts as what they are: words for no value as missing, numbers as numbers, dates as times.

    >>> typed(pl.Series(["1.5", "?", " 2"])).to_list(), typed(pl.Series(["2024-02-29", "NA"])).dtype
    ([1.5, None, 2.0], Datetime(time_unit='us', time_zone=None))
    """
    return kinds.column(values, numerals.form(values))[0] if values.dtype == pl.String else values


def useless(values: pl.Series) -> str:
    """Say why nothing can be learnt from a column; empty when something can.

    >>> useless(pl.Series([1, 1, 1])), useless(pl.Series(range(40))), useless(pl.Series([1.5, 2.5]))
    ('every row has the same value', 'it numbers the rows', '')
    """
    type_, known = kind(values.dtype), values.drop_nulls()
    if type_ not in READ:
        return f"it holds {str(values.dtype).lower()}, no numbers or texts"
    if known.is_empty():
        return "it is empty"
    if known.min() == known.max():
        return "every row has the same value"
    if len(known) < FEW or type_ not in ("text", "integer"):
        return ""
    if type_ == "integer" and cast(int, known.max()) - cast(int, known.min()) + 1 < len(known):
        return ""
    different = known.n_unique()
    if type_ == "text" and different > DISTINCT * len(known) and not prose(values):
        return f"{different} different texts in {len(known)} rows name the rows"
    if type_ == "integer" and different == len(known) == cast(int, known.max()) - cast(int, known.min()) + 1:
        return "it numbers the rows"
    if type_ == "integer" and different == len(known) and NUMBERS.search(values.name) and len(known) >= ENOUGH:
        return "each row has a number of its own, and its name is that of an identifier"
    return ""


def about(values: pl.Series) -> dict[str, Json]:
    """Describe a column of texts, truth values or numbers.

    >>> about(pl.Series(["a", "b", "b", None]))
    {'type': 'text', 'missing': 0.25, 'values': ['b', 'a']}
    >>> about(pl.Series([3, 1, 2]))
    {'type': 'integer', 'missing': 0.0, 'typical': 2}
    """
    type_, known = kind(values.dtype), values.drop_nulls()
    found: dict[str, Json] = {"type": type_, "missing": round(values.null_count() / max(1, len(values)), 4)}
    if known.is_empty():
        return found
    if type_ == "time":
        ordered = known.unique().cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S").unique().sort()
        found["values"] = [ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.0, 1.0)]
    elif type_ in ("integer", "number"):
        middle = known.cast(pl.Float64).quantile(0.5, "nearest")
        found["typical"] = int(middle or 0) if type_ == "integer" else float(f"{middle or 0:.6g}")
    elif known.head(MANY).n_unique() <= LISTED and (counts := known.alias("value").value_counts()).height <= LISTED:
        texts = counts.cast({"value": pl.String}).sort(["count", "value"], descending=[True, False])
        found["values"] = [text for text in texts["value"].to_list() if len(text) <= LONGEST]
    return found
