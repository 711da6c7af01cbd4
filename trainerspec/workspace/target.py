"""What is predicted from the columns of a table: whether it can be, and columns that give it away."""

from collections.abc import Iterator, Sequence
from typing import Literal

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec
from trainerspec.workspace.columns import kind, typed
from trainerspec.workspace.look import Look

ENOUGH = 50
"""Rows below which nothing is said to give the answer away."""
REPEATED = 10
"""Rows that each value of a column has on average before it counts that all of them have the same answer."""
LINE = 1 - 1e-9
"""Correlation from which two columns of numbers are the same but for unit and offset."""

HINTS = {
    True: "if it is known only with the answer, take it out",
    False: "list the columns to read under `data.columns`: without it if it is known only with the answer",
}
"""What to do, by whether the author has chosen the columns."""


def problems(spec: Spec, task: Task, look: Look, listed: Sequence[str], *, chosen: bool) -> Iterator[Diagnostic]:
    """Say that what is predicted is no number where it has to be, and which of the `listed` columns give it away.

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
            span = spec.document.place(f"/task/outputs/{port.role}")
            yield Diagnostic(code="TS417", message=message, hint=hint, span=span)
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
