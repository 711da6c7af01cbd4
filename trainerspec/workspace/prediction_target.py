"""What is predicted from which columns of a table: what cannot be read, and targets that are not what a task needs."""

from collections.abc import Iterator, Sequence

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec
from trainerspec.language.suggest import closest
from trainerspec.reading.values import amounts, truths
from trainerspec.workspace.classes import at
from trainerspec.workspace.columns import Columns, kind, typed
from trainerspec.workspace.look import Look

NEARLY_ALL = 0.9
NUMBERS = ("number", "forecast")
"""Kinds of answers that are learnt from a column of numbers."""
SHOWN = 8
"""Columns that a hint names."""


def unread(spec: Spec, task: Task, look: Look, table: Columns | None, listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Say which of the `listed` columns cannot be read, that none is left, or too many; nothing without a `table`."""
    for index, column in enumerate(listed):
        place = f"/data/columns/{index}"
        if column in spec.outputs.values():
            message = f"`{column}` is what is predicted; the model cannot read it too"
            yield at(spec, place, "TS213", message, "take it out of `data.columns`")
        elif column not in look.columns:
            near = closest(column, look.columns)
            hint = f"did you mean `{near}`?" if near else "`auto` takes every usable column"
            yield at(spec, place, "TS405", f"no column `{column}` in `{look.path.name}`", hint)
        elif table is not None and column not in table.about:
            message = f"`{column}` holds no numbers, texts, times or truth values"
            yield at(spec, place, "TS405", message, "take it out of `data.columns`")
    yield from _unlike(spec, table, listed)
    yield from _absent(spec, "exclude", spec.exclude if look.layout == "table" else (), look)
    yield from _absent(spec, "audit", spec.audit, look)
    if table is not None and not listed:
        reasons = "; ".join(f"`{name}`: {reason}" for name, reason in table.left_out.items())
        yield at(spec, "/data/source", "TS405", f"no column to learn from ({reasons})", "add columns")
    slot = task.slots.get(task.contract.each.each) if task.contract.each is not None else None
    most = slot.schema.get("maxItems") if slot is not None else None
    if isinstance(most, int) and len(listed) > most:
        message = f"`{look.path.name}` has {len(listed)} columns to learn from, and a model reads {most} at most"
        hint = "name those that tell most in `data.columns`, or put several into one before: their mean, or components"
        yield at(spec, "/data/source", "TS438", message, hint)


def _unlike(spec: Spec, table: Columns | None, listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Say which of the author's `data.texts` name no column of texts."""
    given = spec.slots.get("data.texts")
    for index, column in enumerate(given if isinstance(given, list) and table is not None else ()):
        about = table.about.get(str(column), {}) if table is not None else {}
        if column in listed and about.get("type") == "text":
            continue
        held = f"it holds {about.get('type')}s" if column in listed and about else "`data.columns` does not read it"
        near = closest(str(column), listed)
        hint = f"did you mean `{near}`?" if near and column not in listed else "take it out of `data.texts`"
        yield at(spec, f"/data/texts/{index}", "TS405", f"`{column}` is not a column of texts: {held}", hint)


def _absent(spec: Spec, setting: str, names: Sequence[str], look: Look) -> Iterator[Diagnostic]:
    for index, column in enumerate(names):
        if column not in look.columns:
            near = closest(column, look.columns)
            hint = f"did you mean `{near}`?" if near else f"the columns are {', '.join(list(look.columns)[:SHOWN])}"
            hint = hint if look.columns else "it has none beside the examples; take it out"
            yield at(spec, f"/data/{setting}/{index}", "TS405", f"no column `{column}` in `{look.path.name}`", hint)


def problems(spec: Spec, task: Task, look: Look) -> Iterator[Diagnostic]:
    """Say that what is predicted is not a number, or marks no rows, where it has to."""
    for port in task.contract.answer:
        column = spec.outputs.get(port.role, "")
        if port.kind == "alarm" and column in look.columns:
            yield from _unmarked(spec, look, port.role, column)
        if port.kind not in NUMBERS or column not in look.columns:
            continue
        found = kind(typed(look.frame.get_column(column)).dtype)
        if found not in ("integer", "number"):
            message = f"`{column}` of `{look.path.name}` holds {found}s, and `{task.name}` predicts numbers"
            hint = "name a column of numbers, or predict classes: `type: tabular-classification`"
            if several := amounts.units(look.frame[column]):
                hint = f"its amounts are in {', '.join(f'`{one}`' for one in several)}: convert them to one"
            elif written := decorated(look.frame.get_column(column)):
                hint = (
                    f"write its numbers plainly, as 1234.5, without signs, units and thousands separators: `{written}`"
                )
            yield at(spec, f"/task/outputs/{port.role}", "TS417", message, hint)


def _unmarked(spec: Spec, look: Look, role: str, column: str) -> Iterator[Diagnostic]:
    """Say that the values of a column do not tell which rows it marks."""
    positive = str(spec.options.get("positive", ""))
    if strange := truths.unclear(look.frame.get_column(column), positive):
        told = ", ".join(f"`{value}`" for value in strange[:SHOWN])
        message = f"`{column}` of `{look.path.name}` does not say which rows are meant: {told}"
        if positive:
            message = f"`{column}` of `{look.path.name}` has no `{positive}`: {told}"
        hint = "name the value that marks a row, as in `task: {options: {positive: fraud}}`"
        yield at(spec, f"/task/outputs/{role}", "TS437", message, hint)


def decorated(values: pl.Series) -> str:
    """Return the first value when nearly all are numbers with a currency, a unit or thousands separators, else nothing.

    >>> decorated(pl.Series(["1,250.00 €", "80 €", None])), decorated(pl.Series(["3 rooms", "sunny"]))
    ('1,250.00 €', '')
    """
    texts = values.drop_nulls().cast(pl.String)
    alike = texts.str.contains(r"^[^\d\s]{0,4}\s?-?\d[\d.,' ]*\s?[^\d\s]{0,4}$")
    return str(texts[0]) if len(texts) and float(alike.sum()) >= NEARLY_ALL * len(texts) else ""
