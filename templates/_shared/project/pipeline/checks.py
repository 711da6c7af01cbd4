"""Hold the data against what was agreed when the project was built: hard facts fail, soft facts warn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.failure import Failure
from pipeline.tables import PLACE, missing

SHOWN = 5


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
    """Check that each role's column is there with the agreed type; raises Failure TS825."""
    for role, column in roles.items():
        if column not in frame.columns:
            raise missing(column, role, frame.columns, source)
        wanted, found = agreed.get(column), kind(frame.schema[column])
        # a text that was parsed, and a time that is kept as text
        alike = {wanted, found} == {"integer", "number"} or (wanted, found) in (("text", "other"), ("time", "text"))
        if wanted not in (None, "image", found) and not alike and frame[column].null_count() < frame.height:
            hint = "repair the data; or accept it: run `trainerspec build` again, which writes a new contract"
            message = f"the column `{column}` of `{source}` is {found}, but the contract says {wanted}"
            raise Failure("TS825", message, hint=hint, evidence={"column": column})


def labels(frame: pl.DataFrame, column: str, known: Sequence[str]) -> None:
    """Check that all labels are known ones; raises Failure TS825 that names the rows."""
    strange = frame.filter(~pl.col(column).is_in(list(known)))
    if strange.height:
        names = ", ".join(f"`{name}`" for name in sorted(strange[column].unique().to_list())[:SHOWN])
        places = ", ".join(strange[PLACE].head(SHOWN).to_list())
        hint = f"in {places}; repair the data, or name the label under `task.labels` and run `trainerspec build`"
        message = f"{strange.height} rows have labels that the contract does not name: {names}"
        raise Failure("TS825", message, hint=hint, evidence={"places": strange[PLACE].head(100).to_list()})


def enough(frame: pl.DataFrame, column: str, known: Sequence[str], needed: int) -> None:
    """Check that there are two classes and `needed` examples of each; raises Failure TS826 or TS827."""
    counts = {name: frame.filter(pl.col(column) == name).height for name in known}
    present = [name for name, count in counts.items() if count]
    if len(present) < 2:
        only = f"only the class `{present[0]}`" if present else "no class"
        hint = "a classifier needs examples of at least two classes"
        raise Failure("TS826", f"the data has {only}: there is nothing to tell apart", hint=hint, evidence=counts)
    for name, count in counts.items():
        if count < needed:
            rows = "1 example" if count == 1 else f"{count} examples"
            message = f"the class `{name}` has {rows} after cleaning, fewer than the {needed} that a split needs"
            hint = "add examples, merge it into another class, or filter it out under `data.clean`"
            raise Failure("TS827", message, hint=hint, evidence=counts)


def drift(found: Mapping[str, float], agreed: Mapping[str, object]) -> list[str]:
    """Give a warning for each soft number that is half or double of what it was."""
    warnings = []
    for name, was in agreed.items():
        now = found.get(name)
        if isinstance(was, int | float) and now is not None and not was / 2 <= now <= was * 2:
            warnings.append(f"{name} is {now:g}, it was {was:g} when the project was built")
    return warnings
