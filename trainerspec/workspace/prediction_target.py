"""What is predicted from which columns of a table: what cannot be read, and columns that give the answer away."""

from collections.abc import Iterator, Sequence
from typing import Literal

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec
from trainerspec.language.suggest import closest
from trainerspec.workspace.classes import at
from trainerspec.workspace.columns import Columns, kind, typed
from trainerspec.workspace.inspect_data import Look

SOME = 10_000
"""Rows that are looked at first where there are many."""
ENOUGH = 50
"""Rows below which nothing is said to give the answer away."""
REPEATED = 10
"""Rows that each value of a column has on average before it counts that all of them have the same answer."""
LINE = 1 - 1e-9
"""Correlation from which two columns of numbers are the same but for unit and offset."""
NEARLY_ALL = 0.9
SHOWN = 8
"""Columns that a hint names."""

HINTS = {
    True: "if it is known only with the answer, take it out",
    False: "list the columns to read under `data.columns`: without it if it is known only with the answer",
}
"""What to do, by whether the author has chosen the columns."""


def unread(spec: Spec, look: Look, table: Columns | None, listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Say which of the `listed` columns cannot be read, or that none is left; nothing where there is no `table`."""
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
    for index, column in enumerate(spec.exclude):
        if look.layout == "table" and column not in look.columns:
            near = closest(column, look.columns)
            hint = f"did you mean `{near}`?" if near else f"the columns are {', '.join(list(look.columns)[:SHOWN])}"
            yield at(spec, f"/data/exclude/{index}", "TS405", f"no column `{column}` in `{look.path.name}`", hint)
    if table is not None and not listed:
        reasons = "; ".join(f"`{name}`: {reason}" for name, reason in table.left_out.items())
        yield at(spec, "/data/source", "TS405", f"no column to learn from ({reasons})", "add columns")


def problems(spec: Spec, task: Task, look: Look, listed: Sequence[str], *, chosen: bool) -> Iterator[Diagnostic]:
    """Say that what is predicted is not a number where it has to be, and which of the `listed` columns give it away.

    Those are errors unless the author has `chosen` the columns.
    """
    for port in task.contract.answer:
        column = spec.outputs.get(port.role, "")
        if port.kind != "number" or column not in look.columns:
            continue
        found = kind(typed(look.frame.get_column(column)).dtype)
        if found not in ("integer", "number"):
            message = f"`{column}` of `{look.path.name}` holds {found}s, and `{task.name}` predicts numbers"
            hint = "name a column of numbers, or predict classes: `type: tabular-classification`"
            if written := decorated(look.frame.get_column(column)):
                hint = (
                    f"write its numbers plainly, as 1234.5, without signs, units and thousands separators: `{written}`"
                )
            yield at(spec, f"/task/outputs/{port.role}", "TS417", message, hint)
    for role, column in spec.outputs.items() if listed else ():  # columns are listed of tables alone
        target = look.frame.get_column(column)
        for index, name in enumerate(listed):
            reason = tells(look.frame.get_column(name), target)
            if reason:
                pointer = f"/data/columns/{index}" if chosen else f"/task/outputs/{role}"
                severity: Literal["error", "warning"] = "warning" if chosen else "error"
                message = f"`{name}` gives `{column}` away: {reason}"
                hint = HINTS[chosen]
                span = spec.document.place(pointer)
                yield Diagnostic(code="TS418", message=message, hint=hint, span=span, severity=severity)


def tells(values: pl.Series, target: pl.Series) -> str:
    """Say how a column determines the target; empty when it does not.

    >>> target = pl.Series([index % 2 for index in range(60)])
    >>> tells(target.cast(pl.String), target), tells(1 - target, target)
    ('they are equal', 'each of its 2 values has one answer')
    >>> tells(pl.Series(range(60)), target), tells(pl.Series([5 + 2 * i for i in range(60)]), pl.Series(range(60)))
    ('', 'it is the answer in another unit')
    """
    if len(values) > 2 * SOME:
        some = pl.DataFrame({"value": values.head(SOME), "target": target.head(SOME)})
        if _refuted(some.drop_nulls()):
            return ""
    pairs = pl.DataFrame({"value": typed(values), "target": typed(target)}).drop_nulls()
    if pairs.height < ENOUGH or pairs["target"].n_unique() < 2:
        return ""
    if (pairs["value"].cast(pl.String) == pairs["target"].cast(pl.String)).all():
        return "they are equal"
    different = pairs["value"].n_unique()
    if different * REPEATED <= pairs.height and pairs.n_unique() == different:
        return f"each of its {different} values has one answer"
    numbers = all(pairs[name].dtype.is_numeric() for name in pairs.columns)
    if (
        numbers
        and pairs["target"].n_unique() > REPEATED
        and abs(pairs.select(pl.corr("value", "target")).item()) >= LINE
    ):
        return "it is the answer in another unit"
    return ""


def _refuted(some: pl.DataFrame) -> bool:
    """Tell whether a part of the rows, read as what they hold, shows that all of them do not give the target away."""
    if some.height < ENOUGH or some["target"].n_unique() < 2:
        return False
    if (some["value"].cast(pl.String) == some["target"].cast(pl.String)).all():
        return False
    if some.n_unique() == some["value"].n_unique():
        return False
    if not all(some[name].dtype.is_numeric() for name in some.columns):
        return True
    return some["value"].n_unique() > 1 and abs(some.select(pl.corr("value", "target")).item()) < LINE


def decorated(values: pl.Series) -> str:
    """Return the first value when nearly all are numbers with a currency, a unit or thousands separators, else nothing.

    >>> decorated(pl.Series(["1,250.00 €", "80 €", None])), decorated(pl.Series(["3 rooms", "sunny"]))
    ('1,250.00 €', '')
    """
    texts = values.drop_nulls().cast(pl.String)
    alike = texts.str.contains(r"^[^\d\s]{0,4}\s?-?\d[\d.,' ]*\s?[^\d\s]{0,4}$")
    return str(texts[0]) if len(texts) and float(alike.sum()) >= NEARLY_ALL * len(texts) else ""
