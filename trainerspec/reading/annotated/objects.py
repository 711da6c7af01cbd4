"""Objects in pictures, a row each, from whichever layout a folder has: COCO, YOLO or Pascal VOC. Start here.

A picture without objects has one row, without a class and without a box: it shows what is none of the classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from ..folders import names
from ..notes import Note, Unreadable
from ..table import PART, PLACE
from ..values.boxes import BoxForm
from . import coco, voc, yolo
from .marked import Marked, Row, in_part, pictures

Layout = Literal["coco", "yolo", "voc"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
FORMS: Mapping[str, BoxForm] = {"coco": BoxForm(), "voc": BoxForm(), "yolo": BoxForm(unit="share")}
"""What the boxes are that `read` gives: two corners, of YOLO in shares of the picture."""
IMAGE, LABEL, BOX = "image", "label", "box"


@dataclass(frozen=True, kw_only=True)
class Annotated:
    frame: pl.DataFrame = field(repr=False)
    """A row an object: IMAGE (a file below the folder), LABEL, BOX, PLACE; PART where files or folders tell it."""
    notes: tuple[Note, ...]


def layout(root: Path, listed: Sequence[str]) -> Layout | None:
    """Tell the layout of a folder from its files, `listed` as paths below it; None where it is another.

    Annotations count only beside pictures.
    """
    if not pictures(listed):
        return None
    if coco.files(root, listed):
        return "coco"
    if voc.files(root, listed):
        return "voc"
    return "yolo" if yolo.files(root, listed) else None


def read(root: Path, which: str) -> Annotated:
    """Read the objects of a folder. Raises Unreadable: `empty` without any, `format` for files that are damaged."""
    listed = names(root)
    found = {"coco": coco.read, "yolo": yolo.read, "voc": voc.read}[which](root, listed)
    if not found.rows:
        hint = {"coco": "a .json with `images`, `annotations` and `categories`", "voc": "an .xml a picture"}
        raise Unreadable(
            Note(
                kind="empty",
                message="; ".join(
                    [f"`{root.name}` holds no objects as {which} has them", *(one.message for one in found.notes)]
                ),
                hint=hint.get(which, "a .txt a picture: class, x, y, width, height a line"),
            )
        )
    try:
        frame = _framed(found.rows)
    except UnicodeEncodeError as error:
        place = next(row.place for row in found.rows if _broken(f"{row.image}{row.label}"))
        message = f"`{place}` holds a name with half of a character"
        raise Unreadable(Note(kind="format", message=message)) from error
    if frame[PART].null_count():
        frame = frame.drop(PART)
    return Annotated(frame=frame, notes=(*found.notes, *_unmarked(found, listed)))


def _framed(rows: Sequence[Row]) -> pl.DataFrame:
    """Return the rows as a table. Raises UnicodeEncodeError where a name holds half a character."""
    return pl.DataFrame(
        {
            IMAGE: [row.image for row in rows],
            LABEL: [row.label for row in rows],
            BOX: [row.box for row in rows],
            PLACE: [row.place for row in rows],
            PART: [row.part or in_part(row.image) for row in rows],
        },
        schema={IMAGE: pl.String, LABEL: pl.String, BOX: pl.List(pl.Float64), PLACE: pl.String, PART: pl.String},
    )


def _broken(text: str) -> bool:
    return any("\ud800" <= one <= "\udfff" for one in text)


def _unmarked(found: Marked, listed: Sequence[str]) -> list[Note]:
    """Say how many pictures nothing is said of."""
    known = {row.image for row in found.rows}
    left = [name for name in pictures(listed) if name not in known]
    if not left:
        return []
    message = f"nothing is said of {len(left)} pictures, such as `{left[0]}`: they are left out"
    hint = "a picture without objects has an entry without objects"
    return [Note(kind="files", message=message, rows=len(left), hint=hint)]
