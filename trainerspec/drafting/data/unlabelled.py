"""Rows or files without a label: a draft has them labelled, or asks, and never leaves them out in silence."""

from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

PLACE = "/data/label"


def labelling(sheet: Sheet, found: "Look", task: Task, named: str) -> None:
    """Have rows without a label labelled from the others where these show each class; ask where they do not."""
    from trainerspec.workspace.unlabelled import FEW, SHARE, unlabelled

    if task.labels != "required" or named not in found.written.columns or "label" in sheet.spec["data"]:
        return
    if found.columns.get(named) in ("tokens", "spans"):
        return  # no class a row
    seen = unlabelled(found.written, named, found.labels.get(named, {}))
    if seen.proposal:
        sheet.spec["data"]["label"] = seen.proposal
        sheet.tell(PLACE, "inferred", "", f"{found.path.name}: {seen.because}")
    elif seen.share >= SHARE:
        ask = (
            f"{seen.missing} of {seen.rows} rows of {found.path.name} have no `{named}`. Label {FEW} rows of each class"
        )
        sheet.ask(PLACE, f"{ask}, so that the others are labelled from them; or are they to be left out?")
