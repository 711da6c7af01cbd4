"""What tasks on marked pictures add to a draft before data is seen: roles of fixed names, and the folder of it all."""

import re
from collections.abc import Collection
from pathlib import Path

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.reading.annotated.folder_names import FOLDERS

MASK = "mask"
"""The role of a map of classes."""
EACH = re.compile(
    r"\binstan[cz]\w*[ -]?(?:seg|mask)|panopti|\b(?:each|every|jede|cada|chaque) instan[cz]", re.IGNORECASE
)
"""Words for a mask of each thing, which a map of classes is not."""
APART = (
    "The mask says the class of each pixel: things of one class that touch are one region. Is that enough? "
    "`object-detection` tells each thing apart, by its box."
)


def name(sheet: Sheet, task: Task) -> None:
    """Give roles the columns that every layout of the task has; other words of the request are classes, no columns."""
    if task.contract.gathered is None or "table" in task.layouts:
        return
    for part, roles in (("inputs", task.inputs), ("outputs", task.outputs)):
        sheet.evidence = [one for one in sheet.evidence if not one.path.startswith(f"/task/{part}/")]
        sheet.questions = [one for one in sheet.questions if not one.path.startswith(f"/task/{part}/")]
        sheet.spec["task"][part] = {role: role for role in roles}
        for role in roles:
            sheet.tell(f"/task/{part}/{role}", "inferred", "", "every layout of the task calls it so")
    if MASK in task.outputs and EACH.search(str(sheet.spec["request"])):
        sheet.ask("/task/type", APART)


def gather(sheet: Sheet, task: Task, folder: Path | None) -> None:
    """Take the folder that holds masks and pictures where the request names that of the masks alone."""
    source = sheet.spec["data"].get("source", {})
    if MASK not in task.outputs or "path" not in source:
        return
    whole = around(source["path"], folder)
    if whole == source["path"]:
        return
    source["path"] = whole
    sheet.evidence = [one for one in sheet.evidence if one.path != "/data/source"]
    sheet.tell("/data/source", "inferred", "", "it holds the folder of the masks and that of the pictures")


def around(place: str, folder: Path | None, needed: Collection[str] = (MASK,)) -> str:
    """Return the folder around one of masks; the place itself where it holds pictures too.

    >>> around("tiles/masks", None), around("tiles", None), around("masks/", None)
    ('tiles', 'tiles', 'masks/')
    """
    parent, _, last = place.rstrip("/").rpartition("/")
    if MASK not in needed or last.lower() not in FOLDERS or not parent:
        return place
    if folder is not None and (folder / place).is_dir():
        from trainerspec.reading import folders  # reads data: polars takes a quarter of a second
        from trainerspec.reading.annotated import regions

        if regions.layout(folder / place, folders.names(folder / place)) is not None:
            return place
    return parent
