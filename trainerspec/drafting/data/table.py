"""What a table adds to a draft: the columns that are read, how it is split, and labels that have to be mended."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.fields.settings import by_time
from trainerspec.ir.json import Json

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

MOST_COLUMNS, MOST_TOLD = 40, 4
"""Columns that a spec lists; columns left out whose reason is told."""
CALLED = frozenset({"split", "part", "partition", "subset", "set", "fold", "usage"})
"""What columns are called that put rows into the parts of a split."""
MOST_CODES = 50
"""Different numbers that may be codes of classes."""
RARE = 3
"""Examples of a class below which no split has one in each part."""


def answered(sheet: Sheet, path: str) -> None:
    sheet.questions = [one for one in sheet.questions if one.path != path]


def columns(sheet: Sheet, found: "Look", slot: str, named: str, excluded: Sequence[str]) -> None:
    """List the columns that can tell something of new rows, without those that give the answer away."""
    from trainerspec.workspace import checked
    from trainerspec.workspace import columns as told_columns

    table = told_columns.columns(found.frame, [named])
    given = checked.away(found, table.usable, named)
    left = {
        **dict.fromkeys(excluded, "ruled out by the request"),
        **table.left_out,
        **given,
    }
    if part := parted(found):
        left[part] = "it puts rows into the parts of a split"
    listed = [name for name in table.usable if name not in given and name not in (*excluded, part)]
    if not listed or len(listed) > MOST_COLUMNS:
        return
    section, _, key = slot.partition(".")
    if key in sheet.spec.get(section, {}):  # stated
        return
    sheet.spec.setdefault(section, {})[key] = listed
    why = f"{len(listed)} of {len(found.columns) - 1} columns of {found.path.name}"
    if texts := [name for name in table.texts if name in listed]:
        why += f"; texts: {', '.join(texts)}"
    told = ", ".join(f"{name} ({reason})" for name, reason in list(left.items())[:MOST_TOLD])
    sheet.tell(f"/{section}/{key}", "inferred", "", f"{why}; left out: {told}" if told else why)


def _epoch(found: "Look", name: str) -> bool:
    """Tell whether whole numbers are times in seconds or milliseconds, by their size and their column's name."""
    import polars as pl

    from trainerspec.reading.values import dates

    return dates.form(found.frame.get_column(name).cast(pl.String), name) is not None


def parted(found: "Look") -> str:
    """Return the column that puts each row into a part of a split, train and test among them; empty where none does."""
    from trainerspec.reading.folders import PARTS

    for name, kind in found.columns.items():
        if kind != "text" or name.lower() not in CALLED:
            continue
        values = {str(one).strip().lower() for one in found.written[name].drop_nulls().unique().to_list()}
        if values <= PARTS.keys() and {"train", "test"} <= {PARTS[one] for one in values}:
            return name
    return ""


def unparted(sheet: Sheet, found: "Look") -> None:
    """Take the column of a split, and the names of its parts, out of what the request was taken to say of the task."""
    column, task = parted(found), sheet.spec["task"]
    if not column:
        return
    for roles in ("inputs", "outputs"):
        task[roles] = {role: one for role, one in task.get(roles, {}).items() if one != column}
        if not task[roles]:
            del task[roles]
    parts = {str(one).strip().lower() for one in found.written[column].drop_nulls().unique().to_list()}
    if {str(one).lower() for one in task.get("labels") or ["-"]} <= parts:
        task.pop("labels")
    sheet.evidence = [
        one
        for one in sheet.evidence
        if not one.path.startswith("/task/") or one.path.count("/") < 2 or _there(task, one.path.split("/")[2:])
    ]


def _there(task: Mapping[str, object], keys: Sequence[str]) -> bool:
    """Tell whether a part of the task is still said."""
    inner: object = task
    for key in keys:
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    return inner is not None


def split(sheet: Sheet, found: "Look") -> None:
    """Name the column of times that a split goes by: the one that is said, or the only one that holds times."""
    said = by_time(str(sheet.spec["request"]))
    if said is None and "split" not in sheet.spec["data"] and (column := parted(found)):
        sheet.spec["data"]["split"] = {"by": f"given:{column}"}
        sheet.tell("/data/split/by", "inferred", "", f"`{column}` of {found.path.name} gives each row its part")
        return
    if said is None and {"train", "test"} <= found.parts.keys() and "split" not in sheet.spec["data"]:
        sheet.spec["data"]["split"] = {"by": "given:part"}
        told = ", ".join(f"{name} {rows}" for name, rows in found.parts.items())
        sheet.tell("/data/split/by", "inferred", "", f"names in {found.path.name} tell the parts: {told}")
    if said is None or found.layout != "table":
        return
    times = [name for name, kind in found.columns.items() if kind == "time"]
    times = times or [name for name, kind in found.columns.items() if kind == "integer" and _epoch(found, name)]
    same = [name for name in found.columns if name.casefold() == said[0].casefold()]
    by = same or (times if len(times) == 1 else [])
    split = sheet.spec["data"].setdefault("split", {})
    if by:
        split["by"] = f"time:{by[0]}"
        if said[0] != by[0]:
            sheet.evidence = [one for one in sheet.evidence if one.path != "/data/split/by"]
            sheet.tell("/data/split/by", "inferred", "", f"`{by[0]}` of {found.path.name} holds the times")
        form = found.kinds[by[0]].date if by[0] in found.kinds else None
        if form is not None and form.ambiguous:
            example = str(found.written[by[0]].drop_nulls()[0])
            sheet.ask("/data/clean", f"Does `{example}` in `{by[0]}` begin with the day (dmy) or with the month (mdy)?")
        return
    split.pop("by", None)
    sheet.evidence = [one for one in sheet.evidence if one.path != "/data/split/by"]
    if not split:
        del sheet.spec["data"]["split"]
    known = ", ".join(times or found.columns)
    sheet.ask("/data/split/by", f"Which column of {found.path.name} holds the times to split by: {known}?")


def unequal(sheet: Sheet, found: "Look", named: str) -> None:
    """Ask about amounts in several units, which are no numbers yet."""
    from trainerspec.reading.values import amounts

    if several := amounts.units(found.frame[named].cast(str)):
        said = f"The amounts of `{named}` in {found.path.name} are in {', '.join(several)}"
        sheet.ask("/data/source", f"{said}. Which one is meant? Convert the others to it.")


def codes(found: "Look", named: str) -> dict[str, int]:
    """Count the values of a column of numbers that may be codes: as they are written, and few."""
    from trainerspec.reading import kinds

    if found.columns.get(named) != "number" or found.layout != "table":
        return {}
    counts = kinds.labels(found.written[named]).drop_nulls().alias("label").value_counts().sort("label")
    return dict(counts.iter_rows()) if counts.height <= MOST_CODES else {}


def add_step(sheet: Sheet, task: Task, step: Json) -> None:
    """Add a step to those under `data.clean`, after the ones that the task has by default."""
    usual = task.defaults.get("data")
    own = usual.get("clean") if isinstance(usual, Mapping) else None
    steps = sheet.spec["data"].get("clean") or (own if isinstance(own, list) else [])
    sheet.spec["data"]["clean"] = [*steps, step]


def mended(sheet: Sheet, found: "Look", task: Task, named: str, classes: Mapping[str, int]) -> Mapping[str, int]:
    """Have labels written in one way where they differ in spelling alone; ask about classes too rare to be split."""
    from trainerspec.reading import kinds, repairs

    known = list(kinds.codes(found.written[named]))
    name, odd = found.path.name, repairs.spellings(found.written[named], known)
    if odd:
        add_step(sheet, task, "normalise_labels")
        pairs = ", ".join(f"`{one}` as `{other}`" for one, other in sorted(odd.items())[:2])
        sheet.tell("/data/clean", "inferred", "", f"labels of {name} differ in spelling alone: {pairs}")
        counts = (
            repairs.normalised(found.written[named], known).drop_nulls().alias("label").value_counts().sort("label")
        )
        classes = dict(counts.iter_rows())
    if len(classes) == 1:
        only = next(iter(classes))
        sheet.ask("/task/outputs", f"`{named}` of {name} holds only `{only}`. Which column tells the classes?")
    rare = [label for label, count in classes.items() if count < RARE]
    if 0 < len(rare) < len(classes):
        shown = ", ".join(rare[:6]) + (f" and {len(rare) - 6} more" if len(rare) > 6 else "")
        ask = f"Fewer than {RARE} rows of {name} are {shown}. Merge them, leave them out, or add more?"
        sheet.ask("/data/clean", ask)
    return classes
