"""What data with objects or regions in pictures adds to a draft: their columns, and the classes."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import table
from trainerspec.drafting.fields.boxes import PARTS
from trainerspec.reading.annotated import objects

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

CALLED = ("label", "class", "category", "object", "class_name", "label_name", "category_name", "name", "type")
"""What columns of classes are called, the likeliest first."""
MOST_CLASSES = 100
"""More values than this are not listed as classes."""
MASKS = (
    "Where are they: beside each picture another of the same name (images/ and masks/), or COCO's outlines in a .json?"
)
OF_FOUR = 4
USUAL = {"box": "xyxy", "unit": "pixels"}
"""What the options that say the form of boxes are where nothing does."""


def fill(sheet: Sheet, found: "Look", task: Task) -> None:
    """Fill inputs, outputs and classes; ask for what the data does not show."""
    columns = {"image": _image(found), "label": _label(found, str(sheet.spec["request"])), "box": _box(found)}
    columns["mask"] = "mask" if "mask" in found.columns else ""
    name = found.path.name
    known = ", ".join(list(found.columns)[:12])
    where = f"{name} is {found.layout.upper()}" if found.layout in objects.LAYOUTS else f"{name} has {known}"
    where = f"{name} has masks beside its pictures" if found.layout == "masks" else where
    for part, roles in (("inputs", task.inputs), ("outputs", task.outputs)):
        for role in roles:
            path = f"/task/{part}/{role}"
            said = sheet.spec["task"].get(part, {}).get(role)
            column = said if said in found.columns and _may_be(said, role, columns) else columns.get(role, "")
            sheet.evidence = [one for one in sheet.evidence if one.path != path]
            table.answered(sheet, path)
            if not column and role == "mask":
                sheet.ask("/data/source", f"{name} holds no masks. {MASKS}")
                continue
            if not column:
                sheet.spec["task"].get(part, {}).pop(role, None)
                sheet.ask(path, f"Which column of {name} holds the {role} of each object: {known}?")
                continue
            sheet.spec["task"].setdefault(part, {})[role] = column
            sheet.tell(path, "inferred", "", where)
    _classes(sheet, found, str(sheet.spec["task"].get("outputs", {}).get("label", "")))
    _form(sheet, found)
    table.split(sheet, found)


def grounded(sheet: Sheet, found: "Look") -> None:
    """Fill the columns of pictures and boxes of phrases, where the data shows them, and the form of the boxes."""
    where = f"{found.path.name} has the columns {', '.join(list(found.columns)[:8])}"
    for part, role, column in (("inputs", "image", _image(found)), ("outputs", "box", _box(found))):
        named = sheet.spec["task"].get(part, {})
        if column and named.get(role) not in found.columns:
            sheet.spec["task"][part] = {**named, role: column}
            sheet.tell(f"/task/{part}/{role}", "inferred", "", where)
            table.answered(sheet, f"/task/{part}/{role}")
    _form(sheet, found)


def _form(sheet: Sheet, found: "Look") -> None:
    """Say what the numbers of the boxes are, where they are not two corners in pixels or what the request says."""
    from trainerspec.workspace import boxed  # opens pictures

    task = sheet.spec["task"]
    image, box = str(task.get("inputs", {}).get("image", "")), str(task.get("outputs", {}).get("box", ""))
    if image not in found.columns or box not in found.columns:
        return
    options = task.get("options", {})
    form = boxed.meant(found, image, box, str(options.get("box") or "xyxy"), str(options.get("unit") or "pixels"))
    if form is None:
        return
    changed = {name: value for name, value in (("box", form.order), ("unit", form.unit)) if value != USUAL[name]}
    task["options"] = {**{name: value for name, value in options.items() if name not in USUAL}, **changed}
    for name in changed:
        sheet.tell(f"/task/options/{name}", "inferred", "", f"the boxes of {found.path.name} fit their pictures so")


def _may_be(name: str, role: str, columns: Mapping[str, str]) -> bool:
    """Say whether a named column may have a role: numbers of boxes are no class, nor the picture; a role each."""
    rest = [column for other, column in columns.items() if other != role]
    return name not in rest and not (role in ("label", "image") and name.lower() in PARTS)


def _classes(sheet: Sheet, found: "Look", column: str) -> None:
    """List the classes of the data."""
    if column not in found.columns:
        return
    classes = sorted(found.written[column].cast(pl.String).str.strip_chars().drop_nulls().unique().to_list())
    classes = [one for one in classes if one]
    if not classes or len(classes) > MOST_CLASSES:
        sheet.spec["task"].pop("labels", None)
        return
    table.answered(sheet, "/task/labels")
    sheet.evidence = [one for one in sheet.evidence if one.path != "/task/labels"]
    sheet.spec["task"]["labels"] = classes
    sheet.tell("/task/labels", "inferred", "", f"{len(classes)} values of `{column}` in {found.path.name}")


def _image(found: "Look") -> str:
    return next((column for column, kind in found.columns.items() if kind == "image"), "")


def _label(found: "Look", request: str) -> str:
    """Return the column of classes: called so, else the only one whose values repeat, if the request speaks of it."""
    lower = {name.lower(): name for name in found.columns}
    called = next((lower[name] for name in CALLED if name in lower), "")
    repeating = [name for name in found.labels if found.columns.get(name) == "text" and name.lower() not in PARTS]
    if called or len(repeating) != 1:
        return called
    names = "|".join(re.escape(one) for one in (*repeating, *found.labels[repeating[0]]))
    return repeating[0] if re.search(rf"(?<!\w)(?:{names})", request, re.IGNORECASE) else ""


def _box(found: "Look") -> str:
    """Return the column of boxes: lists of four numbers, or texts of four."""
    for name, dtype in found.frame.schema.items():
        values = found.frame[name].drop_nulls().head(20)
        if isinstance(dtype, pl.List) and dtype.inner.is_numeric() and (values.list.len() == OF_FOUR).all():
            return name
        if dtype == pl.String and len(values) and (values.str.count_matches(r"-?\d+(?:\.\d+)?") == OF_FOUR).all():
            return name if "box" in name.lower() else ""
    return ""
