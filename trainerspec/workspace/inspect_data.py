"""Look at a file or folder of data: find its layout, columns, classes and problems, without knowing any task."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.language.suggest import closest
from trainerspec.reading import content, folders, kinds, table
from trainerspec.reading.annotated import objects
from trainerspec.reading.kinds import ColumnKind
from trainerspec.reading.notes import Note, Unreadable
from trainerspec.reading.values import boxes
from trainerspec.workspace import pictured, read, tagged
from trainerspec.workspace.candidates import labels_of, texts_of
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.names import IMAGES, Media, choose, is_kind, media_of

Layout = Literal["folders", "filename", "table", "refcoco", "conll", "coco", "yolo", "voc"]

Places: TypeAlias = Callable[[int], pl.Series]
BOX = "box"
"""What the column of boxes is called that is made of four."""


@dataclass(frozen=True, kw_only=True)
class Look:
    path: Path
    layout: Layout
    media: Media
    files: tuple[str, ...]
    """Every data file below `path`, relative, sorted; the file's own name when `path` is a file."""
    rows: int
    """All rows (files, for texts and pictures), also when only a sample was read."""
    exact: bool
    """True when `frame` holds all rows."""
    columns: Mapping[str, str]
    """Column name to `text`, `integer`, `number`, `boolean`, `image`, `spans`, `tokens` or `other`."""
    labels: Mapping[str, Mapping[str, int]]
    """Columns that could be the label, each with the examples per value, best candidate first.

    Of columns of spans or tags: the spans of each type. They come last.
    """
    texts: tuple[str, ...]
    """Columns that could be the text, longest mean length first."""
    frame: pl.DataFrame = field(repr=False)
    """The rows that were read: columns `text` or `image` (a relative path) and `label` unless it is a table."""
    written: pl.DataFrame = field(repr=False)
    """The same rows as they are written in a text file: what labels and texts are.

    Of a large one, plain numbers of columns that no role names are numbers here too.
    """
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    """Of a table: what each column holds, and how its numbers and dates are written."""
    places: Places | None = field(default=None, repr=False)
    """Tells where each nth row comes from: `file:line`, or a file; None where that is not known."""
    part: pl.Series | None = field(default=None, repr=False)
    """The part of a split that names of files or folders put each row in; None where they tell none."""
    notes: tuple[Note, ...] = ()
    """What was left out or read in an odd way."""
    parts: Mapping[str, int] = field(default_factory=dict)
    """The rows of each part of a split (train, validation, test) that names of files or folders tell."""


def inspect_data(
    path: Path,
    *,
    budget: Budget | None = None,
    needed: Collection[str] = (),
    declared: Mapping[str, ColumnKind] | None = None,
) -> Outcome[Look]:
    """Find what is at `path`; everything that is wrong with it comes back as diagnostics at once.

    In a folder of different tables those with the `needed` columns are meant; columns whose form is `declared` are
    read in it.
    """
    budget = budget or Budget()
    try:
        if not path.exists():
            return _fail("TS401", path, f"the data `{path.name}` does not exist", _neighbours(path))
        names = folders.names(path)
    except OSError as error:
        return _fail("TS403", path, f"cannot read `{path.name}`: {error.strerror}", "check the permissions")
    if any(Path(name).suffix.lower() in IMAGES for name in names):
        beside = _beside(path, tuple(names))
        if beside is not None:
            return beside
    if tagged.is_conll(path, names):
        return _conll(path, names, budget)
    media = media_of(names)
    if media is None:
        if not names:
            return _fail("TS402", path, f"`{path.name}` is empty", "put the data there, or correct the path")
        kinds = ", ".join(f"`{suffix or 'no suffix'}`" for suffix in sorted({Path(n).suffix for n in names})[:5])
        hint = "texts (.txt), tables (.csv .tsv .jsonl .json .parquet .xlsx .sqlite) and pictures (.png .jpg .webp) are"
        return _fail("TS412", path, f"no data in `{path.name}`: files of {kinds} are not read", hint)
    files = tuple(name for name in names if is_kind(name, media))
    return _table(path, files, needed, declared) if media == "rows" else _loose(path, tuple(names), media, budget)


def _fail(code: str, path: Path, message: str, hint: str = "") -> Outcome[Look]:
    return Outcome(diagnostics=(Diagnostic(code=code, message=message, hint=hint, file=str(path)),))


def _neighbours(path: Path) -> str:
    parent = path.parent
    names = [p.name for p in parent.iterdir() if not p.name.startswith(".")] if parent.is_dir() else []
    near = closest(path.name, names)
    return f"did you mean `{near}`?" if near else "the path counts from the folder of trainer.yaml"


def _beside(path: Path, names: tuple[str, ...]) -> Outcome[Look] | None:
    """Read annotations that lie in one folder with their pictures; None when no table names them."""
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
    which = objects.layout(path, names) if path.is_dir() else None
    if which is not None:
        return _objects(path, which, names)
    tables = tuple(name for name in files if content.is_table(name))
    read_as = _table(path, tables) if tables else None
    if read_as is None or read_as.value is None or read_as.value.places is None:
        return None
    pictures = [name for name in files if Path(name).suffix.lower() in IMAGES]
    shown = pictured.naming(read_as.value.written, pictures)
    if not shown:
        return None
    placed = read_as.value.frame.with_columns(read_as.value.places(1).alias(table.PLACE))
    frame = boxes.united(pictured.unfold(placed), BOX)
    places = frame.drop_in_place(table.PLACE)
    written = boxes.united(pictured.unfold(read_as.value.written), BOX)
    columns = {name: str(kinds.of(dtype)) for name, dtype in frame.schema.items()} | dict.fromkeys(shown, "image")
    seen = _annotated(path, "table", files, frame, columns)
    notes = read_as.value.notes
    labels = labels_of(frame, written)
    seen = replace(seen, written=written, labels=labels, kinds=read_as.value.kinds, notes=notes)
    return Outcome(value=replace(seen, places=places.gather_every))


def _objects(path: Path, layout: objects.Layout, names: tuple[str, ...]) -> Outcome[Look]:
    """Read objects that are marked in pictures, a row each; a picture without one has a row without class and box."""
    try:
        found = objects.read(path, layout)
    except Unreadable as error:
        return Outcome(diagnostics=(read.diagnosed(error.note, path),))
    part = found.frame[table.PART] if table.PART in found.frame.columns else None
    where = found.frame[table.PLACE].gather_every
    frame = found.frame.drop(table.PLACE, table.PART, strict=False)
    columns = {objects.IMAGE: "image", objects.LABEL: "text", objects.BOX: "other"}
    seen = _annotated(path, layout, names, frame, columns)
    parts = _parts(Counter(part.to_list())) if part is not None else {}
    return Outcome(value=replace(seen, places=where, part=part, parts=parts, notes=found.notes))


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


def _table(
    path: Path,
    files: tuple[str, ...],
    needed: Collection[str] = (),
    declared: Mapping[str, ColumnKind] | None = None,
) -> Outcome[Look]:
    marked = tagged.spacy(locate(path, files[0])) if len(files) == 1 else None
    if marked is not None:
        return Outcome(value=_rows(path, "table", files, marked, marked.height, True))
    try:
        found = table.read(path, only=files, needed=needed, as_text={*needed, *(declared or {})}, numbered=True)
    except Unreadable as error:
        return Outcome(diagnostics=(read.diagnosed(error.note, path),))
    frame = found.frame.drop(table.PLACE, table.PART, strict=False)
    if frame.is_empty():
        return _fail("TS402", path, f"`{path.name}` has no rows", "put the data there, or correct the path")
    made = kinds.typed(frame, declared=declared)
    seen = _rows(path, "table", found.files, made.frame, frame.height, True, frame)
    parts = Counter(found.frame[table.PART].to_list()) if table.PART in found.frame.columns else {}
    part = found.frame[table.PART] if table.PART in found.frame.columns else None
    seen = replace(seen, kinds=made.kinds, notes=found.notes, parts=_parts(parts))
    return Outcome(value=replace(seen, places=_places(found), part=part))


def _places(found: table.Table) -> Places:
    """Return what tells where rows come from."""
    lines = found.frame[table.PLACE]
    if lines.dtype == pl.String:
        return lines.gather_every
    return lambda step: table.located(lines.gather_every(step), found.files[0])


def _parts(found: Mapping[str | None, int]) -> dict[str, int]:
    """Return the parts of a split where each row is in one."""
    named = {name: rows for name, rows in found.items() if name is not None}
    return dict(sorted(named.items())) if len(named) == len(found) else {}


def _conll(path: Path, names: Iterable[str], budget: Budget) -> Outcome[Look]:
    files = tuple(name for name in names if Path(name).suffix.lower() in tagged.CONLL | tagged.SNIFFED)
    frame, count, notes, problems = tagged.sentences(path, choose(files, budget.files), budget.bytes)
    if problems:
        return Outcome(diagnostics=tuple(problems))
    if frame.is_empty():
        return _fail("TS402", path, f"`{path.name}` has no tokens", "a token a line, an empty line between sentences")
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


def _loose(path: Path, names: tuple[str, ...], media: Media, budget: Budget) -> Outcome[Look]:
    listed = folders.listing(names, folders.TEXTS if media == "text" else folders.PICTURES)
    layout: Layout = "folders" if listed.foldered or media == "text" else "filename"
    told = zip(listed.files, listed.classes, listed.waiting, strict=True)
    classes = {name: one for name, one, waits in told if layout != "folders" or one or waits}
    files = tuple(classes)
    if not files:
        hint = "put the texts of each class into a folder of their own, or the rows into a .csv"
        return _fail("TS412", path, f"`{path.name}` holds texts, but not in class folders", hint)
    chosen, column = choose(files, budget.files), "text" if media == "text" else "image"
    values: list[str | None] = list(chosen)
    if media == "text":
        values, problems = read.texts(path, chosen, budget.bytes)
        if problems:
            return Outcome(diagnostics=tuple(problems))
    given = {column: values, "label": [classes[name] for name in chosen]}
    frame = pl.DataFrame(given, schema=dict.fromkeys(given, pl.String)).head(len(values))
    counts = Counter(label for label in classes.values() if label is not None)
    return Outcome(
        value=Look(
            path=path,
            layout=layout,
            media=media,
            files=files,
            rows=len(files),
            exact=len(values) == len(files),
            columns={column: media, "label": "text"},
            labels={"label": dict(sorted(counts.items()))},
            texts=("text",) if media == "text" else (),
            frame=frame,
            written=frame,
            places=pl.Series(chosen[: frame.height], dtype=pl.String).gather_every,
            part=pl.Series(listed.parts_of(chosen[: frame.height]), dtype=pl.String),
            notes=listed.notes,
            parts=_parts(Counter(listed.parts)),
        )
    )


def samples(seen: Look, count: int, longest: int = 500) -> tuple[str, ...]:
    """Return `count` rows as text, each cut to `longest` characters; the same rows on any machine.

    They are data: they leave the machine only where somebody asked for it (`--share-samples`).
    """
    rows = choose((str(index) for index in range(seen.frame.height)), count)
    shown = (seen.frame.row(int(index), named=True) for index in rows)
    return tuple(", ".join(f"{name}: {value}" for name, value in row.items())[:longest] for row in shown)
