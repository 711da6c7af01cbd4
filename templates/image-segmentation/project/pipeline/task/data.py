"""Read pictures and the class of each pixel: masks, or COCO's outlines. Used by prepare, training and evaluation.

An example is a picture with its map of classes, a PNG in the prepared rows: its numbers are places in the row's list of
classes, IGNORED where a pixel counts for nothing. A picture whose mask cannot be used is left out and named in
build/data/report.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, LABELS, PARTLY, PLACE, PROBLEM
from pipeline.pictures import label_maps, picture_files
from pipeline.pictures.label_maps import Numbers
from pipeline.pictures.named_pictures import Picture, look
from pipeline.pictures.rasters import IGNORED, of_mask, of_outlines, upright
from pipeline.reading import folders
from pipeline.reading.annotated import masks, outlines, regions
from pipeline.reading.annotated.marked import in_part
from pipeline.reading.notes import Note, Unreadable
from pipeline.reading.table import PART

Truth = npt.NDArray[np.object_]
"""A PNG for each picture: the place of each pixel's class among the labels, IGNORED where it counts for nothing."""


@dataclass(kw_only=True)
class Mapped:
    """What is known of one picture."""

    picture: Picture
    place: str
    part: str | None = None
    labels: list[str] = field(default_factory=list)
    mask: bytes | None = None
    problem: str | None = None
    notes: list[str] = field(default_factory=list)


def rows(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row for each class of a picture, as the source has them, with PLACE, and PART where it is told."""
    table_files.present(source)
    try:
        found = regions.read(source, layout)
    except Unreadable as error:
        raise table_files.failure(error.note) from error
    renamed = {regions.IMAGE: inputs["image"], regions.LABEL: outputs["label"], regions.MASK: outputs["mask"]}
    return found.frame.rename(renamed)


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a picture: its classes, its map, KEY, LABELS, PARTLY, PROBLEM, and PART where it is told.

    Raises Failure TS822 or TS823 when there are none or of too many classes, TS825 when no picture can be read.
    """
    table_files.present(source)
    try:
        found, notes = outlined(source) if layout == "coco" else masked(source)
    except Unreadable as error:
        raise table_files.failure(error.note) from error
    table_files.notes.extend(notes)
    made = {
        inputs["image"]: pl.Series([one.picture.path for one in found], dtype=pl.String),
        outputs["label"]: pl.Series([one.labels for one in found], dtype=pl.List(pl.String)),
        outputs["mask"]: pl.Series([one.mask for one in found], dtype=pl.Binary),
        PLACE: pl.Series([one.place for one in found], dtype=pl.String),
        KEY: pl.Series([one.picture.digest for one in found], dtype=pl.String),
        LABELS: pl.Series([one.labels for one in found], dtype=pl.List(pl.String)),
        PARTLY: pl.Series([one.notes for one in found], dtype=pl.List(pl.String)),
        PROBLEM: pl.Series([one.picture.problem or one.problem for one in found], dtype=pl.String),
    }
    parts = [one.part for one in found]
    return pl.DataFrame(made | ({PART: parts} if parts and all(parts) else {}))


def masked(source: Path) -> tuple[list[Mapped], list[Note]]:
    """Read every mask beside its picture."""
    listed = masks.read(source, folders.names(source))
    labels = told_apart(list(dict.fromkeys(listed.names.values())))
    seen = look(source, [one.image for one in listed.pairs]) if listed.pairs else {}
    found = []
    for one in listed.pairs:
        picture = seen[one.image]
        mine = Mapped(picture=picture, place=one.image, part=in_part(one.image), problem=one.problem)
        found.append(mine)
        if one.problem or picture.problem or picture.path is None:
            continue
        try:
            numbers = of_mask(source / one.mask, listed.names, labels, soft=listed.soft)
        except (OSError, SyntaxError, ValueError):
            mine.problem = "its mask cannot be read"
            continue
        keep(mine, upright(numbers, Path(picture.path), picture.size), labels)
    return found, list(listed.notes)


def outlined(source: Path) -> tuple[list[Mapped], list[Note]]:
    """Draw the outlines of every picture."""
    every, notes = outlines.read(source, folders.names(source))
    seen = look(source, [one.image for one in every]) if every else {}
    found = []
    for one in every:
        picture = seen[one.image]
        mine = Mapped(picture=picture, place=one.place, part=one.part or in_part(one.image))
        found.append(mine)
        if picture.problem is None:
            labels = told_apart(one.labels)
            numbers, mine.notes = of_outlines(one, picture.size, labels)
            keep(mine, numbers, labels)
    return found, notes


def told_apart(labels: Sequence[str]) -> Sequence[str]:
    """Return the classes. Raises Failure TS823 where a pixel's number cannot tell so many apart."""
    if len(labels) > IGNORED:
        hint = "keep those that are to be found, and put the others together"
        raise Failure("TS823", f"there are {len(labels):,} classes, more than the {IGNORED} of a mask", hint=hint)
    return labels


def keep(mine: Mapped, numbers: Numbers, labels: Sequence[str]) -> None:
    """Keep a map with the classes that are in it."""
    there = [int(number) for number in np.unique(numbers) if number != IGNORED]
    table = np.full(256, IGNORED, dtype=np.uint8)
    table[there] = np.arange(len(there))
    mine.labels = [labels[number] for number in there]
    mine.mask = label_maps.encoded(table[numbers])
    mine.problem = mine.problem if there else "its mask is empty: no pixel is of a class"


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    return picture_files.measure(frame)


def raw(frame: pl.DataFrame) -> dict[str, list[bytes]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {"image": [Path(path).read_bytes() for path in frame["image"].to_list()]}


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> Truth:
    """Return the map of each picture; pixels of other classes count for nothing. Raises Failure TS823: too many."""
    told_apart(labels)
    found = np.empty(frame.height, dtype=np.object_)
    for at, (own, content) in enumerate(frame.select("label", "mask").iter_rows()):
        table = np.full(256, IGNORED, dtype=np.uint8)
        table[: len(own)] = [labels.index(label) if label in labels else IGNORED for label in own]
        found[at] = label_maps.encoded(table[label_maps.decoded(content)], level=1)
    return found
