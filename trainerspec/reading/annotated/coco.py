"""COCO: .json files with `images`, `annotations` (bbox: x, y, width, height in pixels) and `categories`."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..content import load
from ..notes import Note, Unreadable
from ..table import part_of
from .marked import Marked, Row, beside, called, pictures

WORDS = (b'"images"', b'"annotations"', b'"categories"', b'"bbox"')
"""What every such file holds."""
Record = Mapping[str, object]


def files(root: Path, listed: Sequence[str]) -> list[str]:
    """Return the files of objects; those called `instances` alone where there are some, as COCO itself has it."""
    found = [name for name in listed if name.lower().endswith(".json") and _sniff(root / name)]
    own = [name for name in found if PurePosixPath(name).name.startswith("instances")]
    return own or found


def _sniff(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return all(word in content for word in WORDS)


def read(root: Path, listed: Sequence[str]) -> Marked:
    """Read a row for each annotation, and for each picture without one. Raises Unreadable (`format`)."""
    there = pictures(listed)
    rows: list[Row] = []
    crowds = strange = 0
    for name in files(root, listed):
        found = tree(root / name, name)
        images, kinds, marks = (records(found, key, name) for key in ("images", "categories", "annotations"))
        labels, named = by_id(kinds, "name"), by_id(images, "file_name")
        places = beside(((name, file) for file in named.values()), there)
        in_part = part_of(name)
        marked = set()
        for index, one in enumerate(marks):
            image = called(one.get("image_id"))
            crowds += bool(one.get("iscrowd"))
            strange += image not in named
            if one.get("iscrowd") or image is None or image not in named:
                continue
            marked.add(image)
            rows.append(
                Row(
                    image=places[name, named[image]],
                    label=labels.get(called(one.get("category_id")) or ""),
                    box=_corners(one.get("bbox")),
                    place=f"{name}:annotations[{index}]",
                    part=in_part,
                )
            )
        rows += [
            Row(image=places[name, file], place=f"{name}:images[{index}]", part=in_part)
            for index, (image, file) in enumerate(named.items())
            if image not in marked
        ]
    told = [(crowds, "boxes around crowds (`iscrowd`) are left out: they hold many objects")]
    told += [(strange, "annotations name no picture of `images`, and are left out")]
    notes = [Note(kind="files", message=f"{count} {text}", rows=count) for count, text in told if count]
    return Marked(rows=tuple(rows), notes=tuple(notes))


def tree(path: Path, name: str) -> Record:
    """Read a file. Raises Unreadable (`format`)."""
    try:
        found = json.loads(load(path))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        why = f"{error.msg.lower()} in line {line}" if isinstance(error, json.JSONDecodeError) else _why(error)
        message = f"`{name}` is not JSON that can be read: {why}"
        raise Unreadable(Note(kind="format", message=message, file=name, line=line)) from error
    if not isinstance(found, dict):
        raise Unreadable(Note(kind="format", message=f"`{name}` is not an object with `images`", file=name))
    return found


def _why(error: ValueError | RecursionError) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it holds a number of too many digits"


def by_id(listed: Sequence[Record], key: str) -> dict[str, str]:
    """Return what records are called by their ids; those without id or name are none."""
    told = ((called(one.get("id")), called(one.get(key))) for one in listed)
    return {number: name for number, name in told if number is not None and name is not None}


def records(content: Record, key: str, name: str) -> list[Record]:
    """Return a list of objects. Raises Unreadable (`format`)."""
    value = content.get(key)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        hint = "COCO has `images`, `annotations` and `categories`, each a list of objects"
        message = f"`{key}` of `{name}` is no list of objects"
        raise Unreadable(Note(kind="format", message=message, file=name, hint=hint))
    return value


def _corners(bbox: object) -> list[float] | None:
    """Return a box as two corners; what is no box as a list that is none.

    >>> _corners([1, 2, 3, 4]), _corners([1, 2]), _corners(None)
    ([1.0, 2.0, 4.0, 6.0], [], [])
    """
    if not isinstance(bbox, list) or len(bbox) != 4:
        return []
    try:
        x, y, width, height = (float(one) for one in bbox)
    except (OverflowError, TypeError, ValueError):
        return []
    return [x, y, x + width, y + height] if all(map(math.isfinite, (x, y, width, height))) else []
