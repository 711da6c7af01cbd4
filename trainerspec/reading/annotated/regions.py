"""Regions of pictures, a row for each class that a picture shows, from masks or from COCO's outlines. Start here.

What a file tells of outlines is a mask too: what no outline covers is of the class `background`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from ..folders import names
from ..notes import Note, Unreadable
from ..table import PART, PLACE
from . import coco, masks, outlines
from .marked import in_part, pictures

Layout = Literal["masks", "coco"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
IMAGE, LABEL, MASK = "image", "label", "mask"
Row = tuple[str, str | None, str, str, str | None]


@dataclass(frozen=True, kw_only=True)
class Regions:
    frame: pl.DataFrame = field(repr=False)
    """A row for each class of each picture: IMAGE (a file below the folder), LABEL, MASK (where it is), PLACE, PART.

    Of masks that were not opened the classes are not known: one row, without LABEL.
    """
    notes: tuple[Note, ...]


def layout(root: Path, listed: Sequence[str]) -> Layout | None:
    """Tell the layout of a folder from its files; None where no regions are marked in pictures."""
    if not pictures(listed):
        return None
    if masks.pairs(listed)[0]:
        return "masks"
    return "coco" if coco.files(root, listed) else None


def read(root: Path, which: str, *, most: int | None = None) -> Regions:
    """Read the regions of a folder, from `most` masks at most. Raises Unreadable: `empty`, `format`."""
    listed = names(root)
    if which == "coco":
        shown, told = outlines.read(root, listed)
        if not any(one.shapes for one in shown):
            message = "; ".join([f"`{root.name}` holds no outlines", *(one.message for one in told)])
            hint = "an annotation has `segmentation`: polygons, or run lengths"
            raise Unreadable(Note(kind="empty", message=message, hint=hint))
        marked = [(one, label) for one in shown for label in one.labels]
        rows: list[Row] = [
            (one.image, label, one.place, one.place, one.part or in_part(one.image)) for one, label in marked
        ]
        return _framed(rows, told)
    found = masks.read(root, listed, most=most)
    usable = [one for one in found.pairs if not one.problem]
    told = [*found.notes, *unusable([one for one in found.pairs if one.problem])]
    if found.unread:
        message = f"{len(found.unread)} more masks are looked at while preparing"
        told.append(Note(kind="files", message=message, severity="info"))
    if not usable:
        message = "; ".join([f"`{root.name}` holds no masks that can be used", *(one.message for one in told)])
        hint = "masks/ holds a picture for each of images/, of the same name and size; its values are classes"
        raise Unreadable(Note(kind="empty", message=message, hint=hint))
    rows = [
        (one.image, label, one.mask, one.image, in_part(one.image)) for one in usable for label in found.labels(one)
    ]
    rows += [(image, None, mask, image, in_part(image)) for image, mask in found.unread.items()]
    return _framed(rows, told)


def unusable(pairs: Sequence[masks.Pair]) -> list[Note]:
    """Say how many masks cannot be used, and why; sizes are told of the first."""
    reasons: dict[str, list[masks.Pair]] = {}
    for one in pairs:
        why = str(one.problem)
        reasons.setdefault("masks are not as large as their pictures" if " pixels, the " in why else why, []).append(
            one
        )
    told = []
    for why, some in reasons.items():
        first = f"`{some[0].image}`: {some[0].problem}"
        counted = f"{len(some)} {why}" if why.startswith("masks") else f"{len(some)} pictures are left out"
        told.append(Note(kind="files", message=f"{counted}; {first}", rows=len(some), file=some[0].mask))
    return told


def _framed(rows: Sequence[Row], told: Sequence[Note]) -> Regions:
    columns = (IMAGE, LABEL, MASK, PLACE, PART)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return Regions(frame=frame.drop(PART) if frame[PART].null_count() else frame, notes=tuple(told))
