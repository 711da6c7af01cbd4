"""The column that says of rows whether they are anomalies, for tasks that measure against it and need none."""

import re
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import table
from trainerspec.language import expression

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

NAMED = re.compile(
    r"anomal|outlier|fraud|suspicio|flagged|abnormal|unusual|intrusion|attack|fault|defect|^(?:is_?)?(?:label|target|class)$",
    re.IGNORECASE,
)
"""What columns of known anomalies are called."""
MOST_MARKS = 2
"""Different values of such a column."""


def fill(sheet: Sheet, found: "Look", task: Task, role: str) -> str:
    """Take the column that the request or its name tells, where its values say yes or no; return it, or nothing."""
    wanted, path = sheet.spec["task"], f"/task/outputs/{role}"
    said = str(wanted.pop("outputs", {}).get(role, ""))
    near = next((name for name in found.columns if name.casefold() == said.casefold()), "")
    named = near if near and marks(found, near) else ""
    named = named or next((name for name in found.columns if NAMED.search(name) and marks(found, name)), "")
    if named != said:
        sheet.evidence = [one for one in sheet.evidence if one.path != path]
    if not named:
        needed(sheet, task, role, f"{found.path.name} has the columns {', '.join(list(found.columns)[:12])}")
        return ""
    table.answered(sheet, path)
    wanted["outputs"] = {role: named}
    if named != said:
        sheet.tell(path, "inferred", "", f"`{named}` of {found.path.name} says yes or no")
    return named


def marks(found: "Look", column: str) -> bool:
    """Tell whether the values of a column say of rows whether they are meant."""
    from trainerspec.reading.values import truths  # polars takes a quarter of a second

    values = found.frame.get_column(column)
    return truths.plain(values).drop_nulls().n_unique() == MOST_MARKS and not truths.unclear(values)


def needed(sheet: Sheet, task: Task, role: str, where: str) -> None:
    """Ask for the column where an objective is measured against it."""
    for text in sheet.spec.get("objectives", []):
        one = expression.objective(str(text), task.metrics, task=task.name, per_class=task.per_class).value
        if one is not None and task.metric(one).needs == role:
            question = (
                f"`{text}` is measured on rows that are known. {where}. Which column says so, or is it to be left out?"
            )
            sheet.ask(f"/task/outputs/{role}", question)
            return
