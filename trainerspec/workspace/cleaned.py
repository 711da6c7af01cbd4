"""Carry out the cleaning steps on the rows that were seen, and account for every row that is left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Filter, Repair, Step
from trainerspec.language import cleaning, expression
from trainerspec.language.expression import functions
from trainerspec.reading import kinds, near, repairs
from trainerspec.reading.values import personal

PATTERNS = 0.5
"""Share of different rows below which equal rows are patterns of few values, no duplicates."""
TYPES: Mapping[str, functions.Type] = {"text": "text", "integer": "numeric", "number": "numeric"}
"""What a filter takes columns for, by what they hold; times are texts, truth values compare with anything."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The columns of a task's rows, and what makes two rows alike."""

    label: str = ""
    """The column of classes, where a row has one; empty elsewhere."""
    needed: tuple[str, ...]
    """Without a value in these a row is of no use."""
    read: tuple[str, ...]
    """What `drop_missing` looks at."""
    alike: tuple[str, ...]
    """What is equal in rows that repeat others."""
    texts: frozenset[str] = frozenset()
    """Of these, the texts that are equal whatever their case and blanks."""
    patterns: bool = False
    """Whether rows of few different values are no duplicates: those of tables."""
    whole: str = ""
    """The column of the text of a row, whole where it stands in several columns."""
    parts: tuple[str, ...] = ()
    """The columns that it stands in."""
    disputed: str = ""
    """The column whose values must not stand under several labels."""


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    frame: pl.DataFrame = field(repr=False)
    left_out: Mapping[str, int]
    """Each reason with its rows; with those of `frame` they add up to what was read."""
    mended: Mapping[str, int]
    """Each step that changes values, with the rows that it changed."""


class Unfit(Exception):
    """A step does not fit the data; carries its place among the steps, and a diagnostic without a place."""

    def __init__(self, index: int, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.index = index
        self.diagnostic = diagnostic


def clean(frame: pl.DataFrame, steps: Sequence[Step], roles: Roles, known: Sequence[str] = ()) -> Cleaned:
    """Carry out the steps in their order; `known` labels keep their spelling. Raises Unfit."""
    left_out: dict[str, int] = {}
    mended: dict[str, int] = {}

    def keep(frame: pl.DataFrame, mask: pl.Series, reason: str) -> pl.DataFrame:
        kept = frame.filter(mask)
        if kept.height < frame.height:
            left_out[reason] = left_out.get(reason, 0) + frame.height - kept.height
        return kept

    if roles.patterns:
        frame = _unnamed(frame, steps, roles, mended)
    if roles.disputed:
        frame = keep(frame, ~disputed(frame, roles.disputed, roles.label), f"`{roles.disputed}` under several labels")
    for index, step in enumerate(steps):
        if step == "drop_missing":
            for column in roles.read:
                frame = keep(frame, frame[column].is_not_null(), f"no value in `{column}`")
        elif step == "drop_duplicates":
            frame = keep(frame, ~repeated(frame, roles), "repeats an earlier row")
        elif isinstance(step, Filter):
            frame = keep(frame, _kept(frame, step, index), f"not `{step.text}`")
        elif cleaning.name(step) == "near_duplicates":
            least = float(str(cleaning.about(step)["similarity"]))
            again = pl.Series(near.repeated(_texts(frame, roles, index), least), dtype=pl.Boolean)
            frame = keep(frame, ~again, "nearly repeats an earlier row")
        else:
            frame = _mended(frame, step, index, roles, known, mended)
    for column in roles.needed:
        frame = keep(frame, frame[column].is_not_null(), f"no value in `{column}`")
    return Cleaned(frame=frame, left_out=left_out, mended=mended)


def _unnamed(frame: pl.DataFrame, steps: Sequence[Step], roles: Roles, mended: dict[str, int]) -> pl.DataFrame:
    """Mask what is personal in the texts of a table, which is done as it is read: before any other step."""
    kinds_ = personal.asked({"mask_pii": cleaning.about(one)} for one in steps if cleaning.name(one) == "mask_pii")
    texts = [one for one in roles.alike if one != roles.label and frame.schema.get(one) == pl.String]
    if not kinds_ or not texts:
        return frame
    made = frame.select(repairs.masked(frame[name], kinds_) for name in texts)
    changed = frame.select(pl.any_horizontal(pl.col(one).ne_missing(made[one]) for one in texts)).to_series()
    mended["mask_pii"] = int(changed.sum())
    return frame.with_columns(made.get_columns())


def _mended(
    frame: pl.DataFrame, step: Step, index: int, roles: Roles, known: Sequence[str], mended: dict[str, int]
) -> pl.DataFrame:
    """Carry out a step that changes values; those on forms and bounds are carried out where columns are read."""
    name = cleaning.name(step)
    if name == "fix_orientation":
        return frame  # whoever opens a picture turns it upright
    if name == "mask_pii":
        kinds_ = [str(one) for one in cast(list[Json], cleaning.about(step)["kinds"])]
        if roles.patterns:
            return frame
        texts = _texts(frame, roles, index)
        columns = [column for column in dict.fromkeys((*roles.parts, roles.whole)) if column in frame.columns]
        frame = frame.with_columns(repairs.masked(frame[column], kinds_) for column in columns)
        mended[name] = sum(one != other for one, other in zip(texts, _texts(frame, roles, index), strict=True))
        return frame
    if isinstance(step, Repair) and step.kind != "merge_labels":
        column = str(step.about["column"])
        if column not in frame.columns:
            hint = "the columns are " + ", ".join(f"`{name}`" for name in frame.columns[:12])
            raise Unfit(index, Diagnostic(code="TS416", message=f"no column `{column}` in the data", hint=hint))
        return frame
    if not roles.label:
        hint = "it belongs to tasks with one class a row"
        raise Unfit(index, Diagnostic(code="TS416", message=f"`{name}` finds no labels in this task", hint=hint))
    before = frame[roles.label]
    if isinstance(step, Repair):
        groups = {key: [str(one) for one in labels] for key, labels in step.about.items() if isinstance(labels, list)}
        after = repairs.merged(before, groups, known)
    else:
        after = repairs.normalised(before, known)
    mended[name] = int((before != after).sum())
    return frame.with_columns(after.alias(roles.label))


def _texts(frame: pl.DataFrame, roles: Roles, index: int) -> list[str | None]:
    """Return the text of each row. Raises Unfit where the rows have none."""
    if roles.whole not in frame.columns or frame.schema[roles.whole] != pl.String:
        raise Unfit(index, Diagnostic(code="TS416", message="the rows have no texts", hint="take the step out"))
    return frame[roles.whole].to_list()


def repeated(frame: pl.DataFrame, roles: Roles) -> pl.Series:
    """Tell which rows repeat earlier ones."""

    def key(column: str) -> pl.Expr | pl.Series:
        if column in roles.texts and frame.schema[column] == pl.String:
            return repairs.alike(frame[column])
        return pl.col(column)

    keys = frame.select(**{name: key(name) for name in roles.alike})
    if not keys.width:
        return pl.Series([False] * frame.height, dtype=pl.Boolean)
    first = _first(keys)
    if roles.patterns and int(first.sum()) < PATTERNS * frame.height:
        return pl.Series([False] * frame.height, dtype=pl.Boolean)
    return ~first


def _first(rows: pl.DataFrame) -> pl.Series:
    """Tell which rows are the first of their kind; only those whose hash another has are compared."""
    if any(dtype.is_nested() for dtype in rows.dtypes):
        return rows.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    hashes = rows.hash_rows()
    if hashes.n_unique() == len(hashes):
        return pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(hashes))
    shared = hashes.is_duplicated()
    again = rows.filter(shared).select(~pl.struct(pl.all()).is_first_distinct()).to_series()
    return ~shared.scatter(shared.arg_true(), again) if len(again) else ~shared


def disputed(frame: pl.DataFrame, column: str, label: str) -> pl.Series:
    """Tell which rows hold a text that stands under several labels."""
    if frame.schema[column] != pl.String:
        return pl.Series([False] * frame.height, dtype=pl.Boolean)
    keyed = pl.DataFrame({"key": repairs.alike(frame[column]), "label": frame[label]})
    usable = pl.col("key").is_not_null() & pl.col("label").is_not_null()
    kept = pl.when(usable).then(pl.col("label"))
    several = kept.drop_nulls().n_unique().over("key") > 1
    return keyed.select((usable & several).fill_null(False)).to_series()


def _kept(frame: pl.DataFrame, step: Filter, index: int) -> pl.Series:
    """Tell which rows a filter keeps. Raises Unfit where it compares what cannot be compared."""
    view = repairs.comparable(frame)
    for problem in unlike(step, view):
        raise Unfit(index, problem)
    try:
        return view.select(pl.sql_expr(step.sql).fill_null(False).alias("kept")).to_series()
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        message = f"the filter `{step.text}` does not fit the data: {reason}"
        raise Unfit(index, Diagnostic(code="TS416", message=message)) from error


def unlike(step: Filter, view: pl.DataFrame) -> Iterator[Diagnostic]:
    """Say where a filter names no column, or compares a text with a number."""
    tree = expression.parse(step.text).value
    if tree is None:
        return
    for name in sorted({one.name for one in expression.names(tree)} - set(view.columns)):
        hint = "the columns are " + ", ".join(f"`{one}`" for one in view.columns[:12])
        yield Diagnostic(
            code="TS416", message=f"the filter `{step.text}` does not fit the data: no column `{name}`", hint=hint
        )
    types = {name: TYPES[kind] for name, dtype in view.schema.items() if (kind := kinds.of(dtype)) in TYPES}
    for one in expression.check(tree, types):
        message = f"the filter `{step.text}` does not fit the data: {one.message}"
        yield Diagnostic(code="TS416", message=message, hint=one.hint or "texts stand in quotes, numbers do not")
