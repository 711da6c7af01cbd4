"""Read tables whose columns are the model's inputs: used by prepare, training and evaluation of the tasks on tables.

A column is a number, a time, a category or a text that people wrote, as the contracts say. Words such as `NA` and `?`
are missing values; a value of another kind fails with its place.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.base import contract, params
from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.dataset import row_digests, table_files
from pipeline.dataset.table_files import KEY, PLACE
from pipeline.reading import kinds, repairs
from pipeline.reading.kinds import ColumnKind
from pipeline.reading.notes import Note
from pipeline.reading.values import numerals, personal
from pipeline.reading.values.number_form import INFINITE, MISSING
from pipeline.tables import request_columns
from pipeline.tables.column import Column, Kind

MOST_VALUES, BUCKETS = 200, 40
"""A category keeps this many values, the most frequent ones; the others share the buckets by hash."""
ENOUGH = 30
"""Of more values than this, those that training has once only teach nothing: they count as unseen."""
PATTERNS = 0.5
"""Share of different rows below which equal rows are patterns of few values, no duplicates."""
SLICE = 1 << 18
"""Rows that are written out at once, to be digested."""
SHOWN = 3
KINDS: Mapping[str, Kind] = {
    "integer": "number", "number": "number", "boolean": "category", "time": "time", "text": "category",
}  # fmt: skip
"""How a column is read, by the type that the data contract gives it."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """One column of the source that the model reads."""

    column: str
    role: str
    """Its name in the prepared splits."""
    kind: Kind


def inputs(settings: Params) -> tuple[Input, ...]:
    """List the columns that the model reads, in the contract's order."""
    types = settings.renames("data.contract.hard.columns")
    ports = contract.load(settings).raw
    kinds_ = {port.name: "text" if port.prose else KINDS[types[port.name]] for port in ports}
    return tuple(Input(column=port.name, role=port.role, kind=kinds_[port.name]) for port in ports)


def read(
    source: Path, layout: str, _: Mapping[str, str], outputs: Mapping[str, str], *, amounts: bool = True
) -> pl.DataFrame:
    """Return the rows of the table with PLACE and KEY, each column of the kind that was agreed.

    Of a task without classes, `outputs` are numbers, or stay as they are written where they are no `amounts`.

    Raises Failure TS825 for a value of another kind.
    """
    settings = params.load()
    columns = inputs(settings)
    numbers = list(outputs.values()) if amounts and not settings.texts("labels") else []
    predicted = [Input(column=name, role=name, kind="number") for name in numbers]
    kept = [one.column for one in (*columns, *predicted)]
    agreed = forms(settings)
    plain = {one.column for one in (*columns, *predicted) if one.kind == "number" and one.column not in agreed}
    frame = table_files.read(source, [*outputs.values()], {*kept, *outputs.values()}, plain)
    there = {*frame.columns}
    wanted = [one for one in (*columns, *predicted) if one.column in there]
    frame = frame.with_columns([converted(frame, one, source, agreed.get(one.column)) for one in wanted])
    frame = masked(frame, [one.column for one in wanted if one.kind in ("category", "text")], settings)
    used = [one.column for one in columns if one.column in there]
    return frame.with_columns(keys(frame, [*used, *outputs.values()]))


def masked(frame: pl.DataFrame, texts: Sequence[str], settings: Params) -> pl.DataFrame:
    """Mask what is personal in the texts of rows, where `mask_pii` is asked for; told by the number of rows."""
    asked = personal.asked(settings.mappings("data.clean"))
    if not asked or not texts:
        return frame
    made = frame.select(repairs.masked(frame[name], asked) for name in texts)
    changed = int(frame.select(pl.any_horizontal(pl.col(one).ne_missing(made[one]) for one in texts)).to_series().sum())
    if changed:
        message = f"mask_pii: {changed} rows held {', '.join(asked)}, which placeholders stand for now"
        table_files.notes.append(Note(kind="mixed", message=message, severity="info"))
    return frame.with_columns(made.get_columns())


def forms(settings: Params) -> dict[str, ColumnKind]:
    """Return how the columns write their numbers and times, where that is not the plain way: `data.contract.forms`."""
    hard = settings.mapping("data.contract.hard")
    agreed = hard.get("forms")
    found = agreed if isinstance(agreed, Mapping) else {}
    return {name: kinds.read_back(form) for name, form in found.items() if isinstance(form, Mapping)}


def converted(frame: pl.DataFrame, one: Input, source: Path, form: ColumnKind | None = None) -> pl.Series:
    """Return a column as numbers or texts, with null for what is missing.

    A number or a time is read in the `form` that was agreed, or in the plain one. Raises Failure TS825.
    """
    values = frame.get_column(one.column)
    if one.kind == "number" and form is None and values.dtype in (pl.Int64, pl.Float64):
        found = values.cast(pl.Float64)
        return found.set(~found.is_finite(), None)
    values = values.cast(pl.String)
    if one.kind == "number" and form is None and (plain := numerals.quick(values)) is not None:
        return plain
    texts = tidy(values)
    if one.kind not in ("number", "time"):
        return texts
    agreed = form or ColumnKind(kind="number" if one.kind == "number" else "time")
    different = texts.drop_nulls().unique(maintain_order=True)
    made = kinds.parsed(different, agreed)
    words = {*(agreed.number.words if agreed.number else ()), *(agreed.date.words if agreed.date else ())}
    known = different.is_in(sorted(words)) | different.str.to_lowercase().is_in(sorted(INFINITE))
    strange = different.filter(made.is_null() & ~known)
    if len(strange):
        unlike = strange.to_list()
        raise unfit(frame.filter(texts.is_in(unlike)), one, unlike, source)
    made = made.dt.strftime("%Y-%m-%dT%H:%M:%S") if one.kind == "time" else made
    return texts.replace_strict(different, made, default=None, return_dtype=made.dtype).alias(one.column)


def tidy(values: pl.Series) -> pl.Series:
    """Return texts with single blanks within and none at the ends; words for no value are null."""
    distinct = values.unique()
    texts = distinct.str.strip_chars().str.replace_all(r"\s+", " ")
    texts = texts.set(texts.str.to_lowercase().is_in(sorted(MISSING)), None)
    changed = texts.ne_missing(distinct)
    return values.replace(distinct.filter(changed), texts.filter(changed)) if bool(changed.any()) else values


def unfit(rows: pl.DataFrame, one: Input, strange: Sequence[str], source: Path) -> Failure:
    """Say which values are not of the agreed kind."""
    named = ", ".join(f"`{value[:40]}`" for value in strange[:SHOWN])
    places = ", ".join(rows[PLACE].head(SHOWN).to_list())
    message = f"{rows.height} values of the column `{one.column}` of `{source}` are no {one.kind}: {named}"
    hint = f"in {places}; repair the data; or accept it: run `trainerspec build` again, which writes a new contract"
    evidence = {"column": one.column, "places": rows[PLACE].head(100).to_list()}
    return Failure("TS825", message, hint=hint, evidence=evidence)


def keys(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Digest each row's inputs and target; where rows mostly repeat, equal rows are told apart by their number."""
    rows = frame.select(name for name in columns if name in frame.columns)
    escaped = {name: escape(values) for name in rows.columns if special(values := rows[name])}
    rows = rows.with_columns(**escaped)
    made = [row_digests.hexes(written(rows[at : at + SLICE], escaped)) for at in range(0, rows.height, SLICE)]
    digests = pl.concat(made, rechunk=True).alias(KEY) if made else pl.Series(KEY, [], dtype=pl.String)
    if digests.hash().n_unique() < PATTERNS * len(digests):
        number = pl.int_range(1, pl.len() + 1).over(KEY)
        digests = digests.to_frame().select(pl.format("{}:{}", KEY, number).alias(KEY)).to_series()
    return digests


def special(values: pl.Series) -> bool:
    """Tell whether a column holds texts that Python does not write as they are, between single quotes."""
    return values.dtype == pl.String and bool(values.unique().str.contains(r"[^ -&(-\[\]-~]").any())


def escape(values: pl.Series) -> pl.Series:
    """Return texts as Python writes them."""
    distinct = values.drop_nulls().unique()
    return values.replace_strict(distinct, pl.Series(map(repr, distinct.to_list()), dtype=pl.String))


def written(rows: pl.DataFrame, escaped: Collection[str]) -> pl.Series:
    """Return each row as Python writes a tuple of texts.

    >>> written(pl.DataFrame({"a": [1.5, None], "b": ["x", "y"]}), ()).to_list()
    ["('1.5', 'x')", "(None, 'y')"]
    """
    texts, marks, cells = rows.select(pl.all().cast(pl.String)), list[str](), list[pl.Expr]()
    for name in texts.columns:
        cell, mark = pl.col(name), "{}" if name in escaped else "'{}'"
        if texts[name].null_count():
            cell, mark = pl.format(mark, cell).fill_null("None"), "{}"
        marks.append(mark)
        cells.append(cell)
    end = "," if len(cells) == 1 else ""
    return texts.select(pl.format(f"({', '.join(marks)}{end})", *cells)).to_series()


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds: the share of missing values."""
    return {f"{name}.missing": round(frame[name].null_count() / max(1, frame.height), 4) for name in frame.columns}


def raw(frame: pl.DataFrame) -> dict[str, request_columns.Column]:
    """Return the raw inputs of a prepared split, as a request has them; NaN and empty texts for missing values."""
    return request_columns.raw(frame, contract.load(params.load()).raw)


def fit(frame: pl.DataFrame, settings: Params) -> list[Column]:
    """Learn from the training split which values each category has."""
    fitted = []
    bounds = repairs.limits(settings.mappings("data.clean"))
    agreed = {name: kinds.written(form) for name, form in forms(settings).items()}
    mask = personal.asked(settings.mappings("data.clean"))
    for one in inputs(settings):
        values: list[str] = []
        buckets = 0
        if one.kind == "category":
            counts = Counter(frame[one.role].cast(pl.String).drop_nulls().to_list())
            least = 2 if len(counts) > ENOUGH else 1
            ordered = sorted(counts, key=lambda value: (-counts[value], value))
            values = [value for value in ordered if counts[value] >= least][:MOST_VALUES]
            buckets = BUCKETS if len(counts) > MOST_VALUES else 0
        low, high = bounds.get(one.column, (None, None))
        fitted.append(
            Column(
                name=one.column,
                kind=one.kind,
                values=tuple(values),
                buckets=buckets,
                form=agreed.get(one.column, {}),
                mask=mask if one.kind in ("category", "text") else (),
                low=low,
                high=high,
            )
        )
    return fitted
