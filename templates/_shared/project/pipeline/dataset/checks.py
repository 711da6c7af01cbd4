"""Hold the data against what was agreed when the project was built: hard facts fail, soft facts warn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset.table_files import LABELS, PLACE, missing
from pipeline.reading.kinds import TRUTH

SHOWN = 5
READ_ELSEWHERE = (None, "image", "spans", "tokens")
"""Agreed types that `data.read` turns into something else, and checks by itself."""


def kind(dtype: pl.DataType) -> str:
    """Name a column's type as the data contract does."""
    if dtype == pl.String:
        return "text"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    return "number" if dtype.is_numeric() else "other"


def columns(frame: pl.DataFrame, roles: Mapping[str, str], agreed: Mapping[str, object], source: Path) -> None:
    """Check that each role's column is there with the agreed type; raises Failure TS825.

    A boolean of a text file is kept as it is written, and a time is kept as text.
    """
    for role, column in roles.items():
        if column not in frame.columns:
            raise missing(column, role, frame.columns, source)
        wanted, found = agreed.get(column), kind(frame.schema[column])
        if (wanted, found) == ("boolean", "text"):
            truths(frame, column, source)
            continue
        alike = {wanted, found} == {"integer", "number"} or (wanted, found) in (("text", "other"), ("time", "text"))
        if wanted not in (*READ_ELSEWHERE, found) and not alike and frame[column].null_count() < frame.height:
            hint = "repair the data; or accept it: run `trainerspec build` again, which writes a new contract"
            message = f"the column `{column}` of `{source}` is {found}, but the contract says {wanted}"
            raise Failure("TS825", message, hint=hint, evidence={"column": column})


def truths(frame: pl.DataFrame, column: str, source: Path) -> None:
    """Check that a column of texts holds true and false alone; raises Failure TS825 that names the rows."""
    strange = frame.filter(~pl.col(column).str.to_lowercase().is_in(sorted(TRUTH)))
    if strange.height:
        named = ", ".join(f"`{value[:40]}`" for value in strange[column].unique(maintain_order=True).head(SHOWN))
        places = ", ".join(strange[PLACE].head(SHOWN).to_list())
        hint = f"in {places}; repair the data; or accept it: run `trainerspec build` again, which writes a new contract"
        message = f"{strange.height} values of the column `{column}` of `{source}` are no boolean: {named}"
        raise Failure("TS825", message, hint=hint, evidence={"places": strange[PLACE].head(100).to_list()})


def labels(frame: pl.DataFrame, column: str, known: Sequence[str]) -> None:
    """Check that all labels are known ones; raises Failure TS825 that names the rows."""
    strange = frame.filter(~pl.col(column).is_in(list(known)))
    if strange.height:
        names = ", ".join(f"`{name}`" for name in sorted(strange[column].unique().to_list())[:SHOWN])
        places = ", ".join(strange[PLACE].head(SHOWN).to_list())
        hint = f"in {places}; repair the data, or name the label under `task.labels` and run `trainerspec build`"
        message = f"{strange.height} rows have labels that the contract does not name: {names}"
        raise Failure("TS825", message, hint=hint, evidence={"places": strange[PLACE].head(100).to_list()})


def counts(frame: pl.DataFrame, column: str, known: Sequence[str]) -> dict[str, int]:
    """Count each label: the rows that have it, or how often it stands in the rows' lists."""
    values = frame[column].explode(empty_as_null=True) if column == LABELS else frame[column]
    return {name: int((values == name).sum()) for name in known}


def unnamed(frame: pl.DataFrame, known: Sequence[str]) -> list[dict[str, str]]:
    """List the labels in the rows' lists that the contract does not name; they are left out, with a warning."""
    others = frame[LABELS].explode(empty_as_null=True).drop_nulls().value_counts(sort=True)
    strange = [(name, count) for name, count in others.iter_rows() if name not in known]
    for name, count in strange[:SHOWN]:
        print(f"warning: left out {count} of `{name}`, which `task.labels` does not name", flush=True)
    return [{"place": f"{count} of `{name}`", "problem": "`task.labels` does not name it"} for name, count in strange]


def some(frame: pl.DataFrame, known: Sequence[str]) -> None:
    """Check that each label stands in some row's list; raises Failure TS826 or TS827."""
    found = counts(frame, LABELS, known)
    if not any(found.values()):
        hint = "mark some examples, or correct the columns under `task`"
        raise Failure("TS826", "no row holds any of the labels: there is nothing to learn", hint=hint, evidence=found)
    for name, count in found.items():
        if count < 2:
            message = f"`{name}` stands {'once' if count else 'nowhere'} in the data after cleaning"
            raise Failure("TS827", message, hint="add examples, or take it out of `task.labels`", evidence=found)


def enough(frame: pl.DataFrame, column: str, known: Sequence[str], needed: int) -> None:
    """Check that there are two classes and `needed` examples of each; raises Failure TS826 or TS827."""
    found = counts(frame, column, known)
    present = [name for name, count in found.items() if count]
    if len(present) < 2:
        only = f"only the class `{present[0]}`" if present else "no class"
        hint = "a classifier needs examples of at least two classes"
        raise Failure("TS826", f"the data has {only}: there is nothing to tell apart", hint=hint, evidence=found)
    for name, count in found.items():
        if count < needed:
            rows = "1 example" if count == 1 else f"{count} examples"
            message = f"the class `{name}` has {rows} after cleaning, fewer than the {needed} that a split needs"
            hint = "add examples, merge it into another class, or filter it out under `data.clean`"
            raise Failure("TS827", message, hint=hint, evidence=found)


def drift(found: Mapping[str, float], agreed: Mapping[str, object]) -> list[str]:
    """Return a warning for each soft number that is half or double of what it was."""
    warnings = []
    for name, was in agreed.items():
        now = found.get(name)
        if isinstance(was, int | float) and now is not None and not was / 2 <= now <= was * 2:
            warnings.append(f"{name} is {now:g}, it was {was:g} when the project was built")
    return warnings
