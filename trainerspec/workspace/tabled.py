"""Looks at rows: files that are one table, and sentences of tokens."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from trainerspec.diagnostics.model import Outcome
from trainerspec.reading import kinds, table
from trainerspec.reading.kinds import ColumnKind
from trainerspec.reading.notes import Unreadable
from trainerspec.workspace import read, tagged
from trainerspec.workspace.candidates import labels_of, texts_of
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.look import Layout, Look, Places, failed, shares
from trainerspec.workspace.names import choose


def table_of(
    path: Path,
    files: tuple[str, ...],
    needed: Collection[str] = (),
    declared: Mapping[str, ColumnKind] | None = None,
) -> Outcome[Look]:
    """Look at files of rows, which are one table, or at texts with marked spans as spaCy has them."""
    marked = tagged.spacy(locate(path, files[0])) if len(files) == 1 else None
    if marked is not None:
        return Outcome(value=_rows(path, "table", files, marked, marked.height, True))
    try:
        found = table.read(path, only=files, needed=needed, as_text={*needed, *(declared or {})}, numbered=True)
    except Unreadable as error:
        return Outcome(diagnostics=(read.diagnosed(error.note, path),))
    frame = found.frame.drop(table.PLACE, table.PART, strict=False)
    if frame.is_empty():
        return failed("TS402", path, f"`{path.name}` has no rows", "put the data there, or correct the path")
    made = kinds.typed(frame, declared=declared)
    seen = _rows(path, "table", found.files, made.frame, frame.height, True, frame)
    parts = Counter(found.frame[table.PART].to_list()) if table.PART in found.frame.columns else {}
    part = found.frame[table.PART] if table.PART in found.frame.columns else None
    seen = replace(seen, kinds=made.kinds, notes=found.notes, parts=shares(parts))
    return Outcome(value=replace(seen, places=_places(found), part=part))


def _places(found: table.Table) -> Places:
    """Return what tells where rows come from."""
    lines = found.frame[table.PLACE]
    if lines.dtype == pl.String:
        return lines.gather_every
    return lambda step: table.located(lines.gather_every(step), found.files[0])


def conll(path: Path, names: Iterable[str], budget: Budget) -> Outcome[Look]:
    """Look at sentences of tokens, a line each."""
    files = tuple(name for name in names if Path(name).suffix.lower() in tagged.CONLL | tagged.SNIFFED)
    frame, count, notes, problems = tagged.sentences(path, choose(files, budget.files), budget.bytes)
    if problems:
        return Outcome(diagnostics=tuple(problems))
    if frame.is_empty():
        return failed("TS402", path, f"`{path.name}` has no tokens", "a token a line, an empty line between sentences")
    places = frame.drop_in_place(table.PLACE)
    rows = round(frame.height * len(files) / count)
    seen = _rows(path, "conll", files, frame, rows, count == len(files))
    return Outcome(value=replace(seen, places=places.gather_every, notes=notes))


def _rows(
    path: Path,
    layout: Layout,
    files: tuple[str, ...],
    frame: pl.DataFrame,
    rows: int,
    exact: bool,
    written: pl.DataFrame | None = None,
) -> Look:
    written = frame if written is None else written
    columns = {name: tagged.kind(frame[name]) or str(kinds.of(dtype)) for name, dtype in frame.schema.items()}
    marked = {name: tagged.types(frame[name]) for name, kind in columns.items() if kind in ("spans", "tokens")}
    marked = {name: counts for name, counts in marked.items() if 1 <= len(counts) <= tagged.MOST_TYPES}
    return Look(
        path=path,
        layout=layout,
        media="rows",
        files=files,
        rows=rows,
        exact=exact,
        columns=columns,
        labels={name: counts for name, counts in labels_of(frame, written).items() if name not in marked} | marked,
        texts=tuple(name for name in texts_of(frame) if columns[name] == "text"),
        frame=frame,
        written=written,
    )
