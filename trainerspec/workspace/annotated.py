"""Looks at annotations that lie in one folder with their pictures."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from trainerspec.diagnostics.model import Outcome
from trainerspec.reading import captions, content, folders, kinds, table
from trainerspec.reading.annotated import objects, regions
from trainerspec.reading.notes import Note, Unreadable
from trainerspec.reading.values import boxes
from trainerspec.workspace import pictured, read
from trainerspec.workspace.candidates import labels_of, texts_of
from trainerspec.workspace.listing import locate
from trainerspec.workspace.look import Layout, Look, shares
from trainerspec.workspace.names import IMAGES
from trainerspec.workspace.tabled import table_of

BOX = "box"
"""What the column of boxes is called that is made of four."""


MASKS = 2000
"""Masks that are opened at most; all are while preparing."""


def beside(path: Path, names: tuple[str, ...], needed: Collection[str] = ()) -> Outcome[Look] | None:
    """Read annotations that lie in one folder with their pictures; None when nothing is said of them.

    Outlines of objects are read as regions where a column of masks is `needed`.
    """
    files = tuple(
        name for name in names if Path(name).suffix.lower() in IMAGES | {".p", ".pkl"} or content.is_table(name)
    )
    pair = pictured.references(names)
    if pair is not None:
        found = pictured.refcoco(*(locate(path, name) for name in pair))
        if found.value is None:
            return Outcome(diagnostics=found.diagnostics)
        frame = found.value
        columns = {name: str(kinds.of(dtype)) for name, dtype in frame.schema.items()} | {"image": "image"}
        seen = _annotated(path, "refcoco", files, frame, columns)
        return Outcome(value=seen)
    marked = regions.layout(path, names) if path.is_dir() else None
    if marked is not None and regions.MASK in needed:
        return _regions(path, marked, names)
    which = objects.layout(path, names) if path.is_dir() else None
    if which is not None:
        return _objects(path, which, names)
    tables = tuple(name for name in files if content.is_table(name))
    apart = _regions(path, marked, names) if marked is not None else None
    captioned = {} if tables or not path.is_dir() else captions.pairs(names)
    read_as = table_of(path, tables) if tables or captioned else None
    if read_as is None or read_as.value is None or read_as.value.places is None:
        return apart
    pictures = [name for name in files if Path(name).suffix.lower() in IMAGES]
    shown = pictured.naming(read_as.value.written, pictures)
    if not shown:
        return apart
    placed = read_as.value.frame.with_columns(read_as.value.places(1).alias(table.PLACE))
    if read_as.value.part is not None:
        placed = placed.with_columns(read_as.value.part.alias(table.PART))
    frame = boxes.united(pictured.unfold(placed), BOX)
    places = frame.drop_in_place(table.PLACE)
    part = frame.drop_in_place(table.PART) if table.PART in frame.columns else None
    written = boxes.united(pictured.unfold(read_as.value.written), BOX)
    columns = {name: str(kinds.of(dtype)) for name, dtype in frame.schema.items()} | dict.fromkeys(shown, "image")
    seen = _annotated(path, "table", tuple(sorted({*files, *captioned.values()})), frame, columns)
    labels = labels_of(frame, written)
    named = frame[shown[0]].drop_nulls().cast(pl.String).str.strip_chars().unique(maintain_order=True).to_list()
    left = folders.unnamed(folders.locate(named, pictures).values(), pictures)
    notes = (*read_as.value.notes, *([left] if left else []))
    seen = replace(seen, written=written, labels=labels, kinds=read_as.value.kinds, notes=notes)
    parts = shares(Counter(part.to_list())) if part is not None else {}
    return Outcome(value=replace(seen, places=places.gather_every, part=part, parts=parts))


def _objects(path: Path, layout: objects.Layout, names: tuple[str, ...]) -> Outcome[Look]:
    """Read objects that are marked in pictures, a row each; a picture without one has a row without class and box."""
    try:
        found = objects.read(path, layout)
    except Unreadable as error:
        return Outcome(diagnostics=(read.diagnosed(error.note, path),))
    columns = {objects.IMAGE: "image", objects.LABEL: "text", objects.BOX: "other"}
    return Outcome(value=_placed(path, layout, names, found.frame, columns, found.notes))


def _regions(path: Path, layout: regions.Layout, names: tuple[str, ...]) -> Outcome[Look]:
    """Read regions of pictures, a row for each class in one."""
    try:
        found = regions.read(path, layout, most=MASKS)
    except Unreadable as error:
        return Outcome(diagnostics=(read.diagnosed(error.note, path),))
    columns = {regions.IMAGE: "image", regions.LABEL: "text", regions.MASK: "other"}
    return Outcome(value=_placed(path, layout, names, found.frame, columns, found.notes))


def _placed(
    path: Path,
    layout: Layout,
    files: tuple[str, ...],
    rows: pl.DataFrame,
    columns: Mapping[str, str],
    notes: tuple[Note, ...],
) -> Look:
    """Return rows that say where they are from, and which part of a split they are in where that is told."""
    part = rows[table.PART] if table.PART in rows.columns else None
    frame = rows.drop(table.PLACE, table.PART, strict=False)
    seen = _annotated(path, layout, files, frame, columns)
    parts = shares(Counter(part.to_list())) if part is not None else {}
    return replace(seen, places=rows[table.PLACE].gather_every, part=part, parts=parts, notes=notes)


def _annotated(
    path: Path, layout: Layout, files: tuple[str, ...], frame: pl.DataFrame, columns: Mapping[str, str]
) -> Look:
    return Look(
        path=path,
        layout=layout,
        media="rows",
        files=files,
        rows=frame.height,
        exact=True,
        columns=columns,
        labels=labels_of(frame, frame),
        texts=tuple(name for name in texts_of(frame) if columns[name] == "text"),
        frame=frame,
        written=frame,
    )
