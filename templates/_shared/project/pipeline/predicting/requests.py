"""Rows of a source as requests: each column as the contract's port takes it, and why a row cannot be asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.base.contract import DTYPES, Contract, Port
from pipeline.base.files import below
from pipeline.base.params import Params
from pipeline.dataset.table_files import missing
from pipeline.predicting.source import PLACE, PROBLEM
from pipeline.protocol.answer_columns import Values
from pipeline.reading import folders, kinds, table
from pipeline.reading.kinds import ColumnKind
from pipeline.reading.values import numerals
from pipeline.reading.values.number_form import INFINITE

SEED = "seed"
"""A kind of port that a source need not have: the number of the row takes its place."""
SHOWN = 60
"""Characters of a value in a message."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a model takes, and how the data write it."""

    contract: Contract
    columns: Mapping[str, str]
    """The source's column of each port."""
    times: frozenset[str]
    """Ports whose texts are times."""
    forms: Mapping[str, ColumnKind] = field(default_factory=dict)
    """How ports' numbers and times are written, where that is not the plain way."""

    @property
    def loose(self) -> str:
        """Name the column that loose files fill."""
        ports = [port for port in self.contract.raw if port.kind == "image"] or [*self.contract.raw]
        return self.columns[ports[0].name]


def wanted(agreed: Contract, settings: Params) -> Wanted:
    """Return what the model takes, by the contract and by what was seen of the data."""
    roles, hard = settings.renames("inputs"), settings.mapping("data.contract.hard")
    columns = {
        port.name: port.name if port.kind == "column" else roles.get(port.role or port.name, port.name)
        for port in agreed.raw
    }
    types, forms = hard.get("columns"), hard.get("forms")
    types = types if isinstance(types, Mapping) else {}
    forms = forms if isinstance(forms, Mapping) else {}
    return Wanted(
        contract=agreed,
        columns=columns,
        times=frozenset(name for name, column in columns.items() if types.get(column) == "time"),
        forms={
            name: kinds.read_back(form)
            for name, column in columns.items()
            if isinstance(form := forms.get(column), Mapping)
        },
    )


def chosen(frame: pl.DataFrame, asked: Wanted, source: str) -> pl.DataFrame:
    """Give the columns that are asked for their own names. Raises Failure TS825 where one is not there."""
    folded = {table.folded(name): name for name in frame.columns if not name.startswith("__")}
    renamed = {}
    for port in asked.contract.raw:
        column = asked.columns[port.name]
        found = column if column in frame.columns else folded.get(table.folded(column))
        if found is None and port.kind == SEED:
            continue
        if found is None:
            raise missing(column, port.role or "the model", frame.columns, Path(source))
        renamed[found] = column
    return frame.rename(renamed)


def requests(frame: pl.DataFrame, asked: Wanted, root: Path) -> tuple[dict[str, Values], pl.Series]:
    """Return the inputs of the rows that can be asked, and of all rows why not (null for those that can).

    Pictures are read from `root`.
    """
    problems = frame[PROBLEM]
    found: dict[str, pl.Series] = {}
    for port in asked.contract.raw:
        if asked.columns[port.name] not in frame.columns:
            found[port.name] = frame[PLACE].str.extract(r"(\d+)$").cast(pl.Int64).fill_null(0)
            continue
        values, strange = converted(frame[asked.columns[port.name]], port, asked)
        if port.binary and port.datatype == "BYTES":
            values, unread = contents(values, root)
            strange = [*strange, *unread]
        found[port.name] = values
        for where, why in strange:
            problems = pl.select(pl.when(where & problems.is_null()).then(why).otherwise(problems)).to_series()
    texts = [port.name for port in asked.contract.raw if port.kind == "text" and port.optional]
    if len(texts) == len(asked.contract.raw):
        blank = (
            pl.DataFrame(found).select(pl.all_horizontal(pl.all().fill_null("").str.strip_chars() == "")).to_series()
        )
        untold = "no text in " + ", ".join(f"`{asked.columns[name]}`" for name in texts)
        problems = pl.select(pl.when(blank & problems.is_null()).then(pl.lit(untold)).otherwise(problems)).to_series()
    good = problems.is_null()
    return {port.name: listed(found[port.name].filter(good), port) for port in asked.contract.raw}, problems


def converted(values: pl.Series, port: Port, asked: Wanted) -> tuple[pl.Series, list[tuple[pl.Series, pl.Series]]]:
    """Return a column as its port has it; beside it, of rows whose value is none: which, and why."""
    if isinstance(values.dtype, pl.List) and port.datatype == "BYTES":
        values = values.cast(pl.List(pl.String)).list.join(" ")
    if isinstance(values.dtype, pl.List | pl.Array) or (port.datatype == "BYTES" and port.name not in asked.times):
        made = values if isinstance(values.dtype, pl.List | pl.Array) else values.cast(pl.String)
        if port.optional:
            return made, []
        blank = made.is_null() if made.dtype != pl.String else made.fill_null("").str.strip_chars() == ""
        return made, [(blank, said(blank, f"no {port.name}"))] if blank.any() else []
    form, time = asked.forms.get(port.name), port.name in asked.times
    texts = values.cast(pl.String).str.strip_chars()
    agreed = form or ColumnKind(kind="time" if time else "number")
    plain = values.dtype.is_numeric() and form is None
    made = values.cast(pl.Float64) if plain else kinds.parsed(texts, agreed)
    shown = made.dt.strftime("%Y-%m-%dT%H:%M:%S") if time else made
    if not made.null_count():
        return shown, []
    words = {*(agreed.number.words if agreed.number else ()), *(agreed.date.words if agreed.date else ()), *INFINITE}
    none = numerals.missing(texts).is_null() | texts.str.to_lowercase().is_in(sorted(words))
    strange = made.is_null() & ~none
    what = "a time" if time else "a number"
    quoted = "`" + texts.str.slice(0, SHOWN) + "`"
    told = [(strange, f"{port.name}: " + quoted.fill_null("") + f" is not {what}")]
    if not port.optional:
        told.append((none, said(none, f"no {port.name}")))
    return shown, [(where, why) for where, why in told if where.any()]


def said(rows: pl.Series, text: str) -> pl.Series:
    """Return a text for every row."""
    return pl.Series([text], dtype=pl.String).new_from_index(0, len(rows))


@lru_cache(maxsize=4)
def there(root: Path) -> tuple[str, ...]:
    """List the pictures at a place, once."""
    return tuple(name for name in folders.names(root) if Path(name).suffix.lower() in folders.PICTURES)


def contents(values: pl.Series, root: Path) -> tuple[pl.Series, list[tuple[pl.Series, pl.Series]]]:
    """Read the files that a column names: by their path, by their name, or by their name without an ending."""
    names = values.cast(pl.String).str.strip_chars().to_list()
    placed = folders.locate([name for name in dict.fromkeys(names) if name], there(root))
    read: list[bytes | None] = []
    why: list[str | None] = []
    for name in names:
        try:
            place = below(root, placed[name] or name) if name else None
            read.append(place.read_bytes() if place is not None else None)
            why.append(f"`{name[:SHOWN]}` leads out of the folder of the rows" if name and place is None else None)
        except OSError as error:
            read.append(None)
            why.append(f"`{name[:SHOWN]}`: {(error.strerror or str(error)).lower()}")
    told = pl.Series(why, dtype=pl.String)
    return pl.Series(read, dtype=pl.Binary), [(told.is_not_null(), told)]


def listed(values: pl.Series, port: Port) -> Values:
    """Return a column as `encode` takes it: numbers as an array, texts and files as a list."""
    if port.datatype == "BYTES":
        return list((values if port.binary else values.cast(pl.String).fill_null("")).to_list())
    if isinstance(values.dtype, pl.List | pl.Array):
        return np.array(values.to_list(), dtype=DTYPES[port.datatype])
    if port.datatype.startswith("FP"):
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(DTYPES[port.datatype])
    return values.cast(pl.Int64).fill_null(0).to_numpy().astype(DTYPES[port.datatype])


def kept(frame: pl.DataFrame, columns: Sequence[str], taken: Collection[str], source: str) -> pl.DataFrame:
    """Return the source's own columns that go into the answers; lists and the like as JSON.

    One that is called like a column of the answers (`taken`) becomes `source.<name>`. Raises Failure TS825 where one is
    not there.
    """
    own = [name for name in frame.columns if not name.startswith("__")]
    for name in columns:
        if name not in own:
            raise missing(name, "--keep", own, Path(source))
    some = frame.select(columns)
    nested = [name for name, dtype in some.schema.items() if dtype.is_nested()]
    some = some.with_columns(pl.struct(name).struct.json_encode().alias(name) for name in nested)
    names, used = dict[str, str](), {*taken}
    for name in columns:
        names[name] = name
        while names[name] in used:
            names[name] = f"source.{names[name]}"
        used.add(names[name])
    return some.rename(names)
