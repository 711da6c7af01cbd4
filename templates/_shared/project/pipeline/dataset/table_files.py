"""Read tables, one file or a folder, with pipeline/reading, and say exactly what cannot be read."""

import difflib
import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.files import below
from pipeline.reading import content, folders, kinds, table
from pipeline.reading.kinds import ColumnKind
from pipeline.reading.notes import Note, Unreadable

PLACE = table.PLACE
"""Where a row comes from: a file's name, or `file:line`."""
PART = table.PART
"""The part of a split that names of files and folders give to a row; a split `given:part` goes by it."""
KEY = "__key"
"""What an example is made of: rows with equal keys are duplicates."""
PROBLEM = "__problem"
"""A column that `data.read` may add: why a row cannot be used; null for the others."""
PARTLY = "__partly"
"""A column that `data.read` may add: what of a row could not be used and was left out, as a list of texts."""
LABELS = "__labels"
"""A column that `data.read` adds where many labels stand in one row: the list of them, one for each time."""
GROUP = "__group"
"""A column that `data.read` may add: rows of equal value belong together, and never stand in two splits."""
AUDIT = "audit."
"""Before the names of columns that no model reads, and by whose groups its answers are compared."""
CODES = {"missing": "TS821", "empty": "TS822", "encoding": "TS824"}
"""The code for each kind of note that stops the reader; TS823 for others."""
forms: dict[str, ColumnKind] = {}
"""How columns are written, as the spec declares it; prepare fills it before anything is read."""
notes: list[Note] = []
"""What the reader has said since the process began: what it left out, and how it read what is odd."""


def files(source: Path, suffixes: Iterable[str]) -> list[Path]:
    """List the data files at `source`, sorted by relative path; a file is its own list.

    Raises Failure TS821 when nothing is there, TS822 when no file of these kinds is.
    """
    found = [source] if present(source).is_file() else [source / name for name in folders.names(source)]
    wanted = [path for path in found if path.suffix.lower() in suffixes]
    if not wanted:
        kinds_ = " ".join(sorted(suffixes))
        raise Failure("TS822", f"`{source}` holds no data", hint=f"files that are read here: {kinds_}")
    return wanted


def present(source: Path) -> Path:
    """Return the path of the data; raises Failure TS821 when nothing is there."""
    if not source.exists():
        hint = f"put the data at {source}, or correct `data.source` in trainer.yaml"
        raise Failure("TS821", f"the data `{source}` does not exist", hint=hint)
    return source


def listing(source: Path, suffixes: frozenset[str]) -> folders.Listing:
    """List loose files with the classes that names tell; what lies beside them stands in `notes`.

    Raises Failure TS821 or TS822.
    """
    files(source, suffixes)
    found = folders.listing(folders.names(source), suffixes)
    notes.extend(found.notes)
    return found


def disputed(frame: pl.DataFrame, label: str, what: str) -> pl.DataFrame:
    """Mark the examples that are there under several classes: none of them says which is right."""
    before = pl.col(PROBLEM) if PROBLEM in frame.columns else pl.lit(None, pl.String)
    usable = before.is_null() & pl.col(KEY).is_not_null() & pl.col(label).is_not_null()
    kept = pl.when(usable).then(kinds.label(pl.col(label)))
    several = kept.drop_nulls().n_unique().over(KEY) > 1
    reason = pl.lit(f"the same {what} is there under another class")
    return frame.with_columns(pl.when(usable & several).then(reason).otherwise(before).alias(PROBLEM))


def read(
    source: Path, needed: Collection[str] = (), as_text: Collection[str] = (), numbers: Collection[str] = ()
) -> pl.DataFrame:
    """Read all rows, with PLACE, and PART where names of files tell it.

    `as_text` columns stay as written, others become what they hold; those whose form `data.clean` declares are read in
    it. Of `as_text`, `numbers` may come as numbers where all of them are plain ones. In a folder of different tables
    those with the `needed` columns are read. What is left out stands in `notes`. Raises Failure TS821 to TS824.
    """
    written = {*as_text, *forms}
    frame = as_written(source, needed, written - {*numbers})
    schema = frame.schema
    read_ = {name for name in numbers if schema.get(name) in (pl.Int64, pl.Float64)}
    return kinds.typed(frame, {*as_text} - read_, forms).frame


def as_written(source: Path, needed: Collection[str] = (), as_text: Collection[str] | None = None) -> pl.DataFrame:
    """Read all rows with every value of a text file as it is written, or of the columns `as_text` where they are named.

    Raises Failure TS821 to TS824.
    """
    present(source)
    try:
        found = table.read(source, needed=needed, as_text=as_text)
    except Unreadable as error:
        raise failure(error.note) from error
    notes.extend(found.notes)
    return found.frame


def pictured(
    source: Path, image: str, needed: Collection[str], as_text: Collection[str]
) -> tuple[pl.DataFrame, list[str | None]]:
    """Read a table that names pictures, with each one's path: by its path, its name, or its name without an ending.

    A name that no file has stays as it is, below the source; reading it fails and says so. One that leaves the source
    has no path.
    """
    frame = read(source, needed, (image, *as_text))
    if image not in frame.columns:
        return frame, []
    root = source if source.is_dir() else source.parent
    named = pl.col(image).cast(pl.String).str.strip_chars()
    frame = frame.with_columns(pl.when(named == "").then(None).otherwise(named).alias(image))
    there = [name for name in folders.names(root) if Path(name).suffix.lower() in folders.PICTURES]
    found = folders.locate(frame[image].drop_nulls().unique(maintain_order=True).to_list(), there)
    if note := folders.unnamed(found.values(), there):
        notes.append(note)
    places = {name: below(root, one or name) for name, one in found.items()}
    paths = [None if name is None else places[name] for name in frame[image].to_list()]
    return frame, [None if path is None else str(path) for path in paths]


def failure(note: Note) -> Failure:
    """Say that the data cannot be read."""
    evidence = {"file": note.file} | ({"line": note.line} if note.line else {})
    return Failure(CODES.get(note.kind, "TS823"), note.message, hint=note.hint or "repair the file", evidence=evidence)


def read_text(path: Path) -> str:
    """Read a UTF-8 file; raises Failure TS823 or TS824, naming the file."""
    try:
        return content.text(path.read_bytes(), path).decode()
    except OSError as error:
        raise failure(content.unreadable(path, error)) from error
    except Unreadable as error:
        raise failure(error.note) from error


def text_key(text: str | None) -> str:
    """Digest a text without regard to case and white space."""
    return hashlib.sha256(" ".join((text or "").casefold().split()).encode("utf-8", "replace")).hexdigest()[:32]


def missing(column: str, role: str, columns: Iterable[str], source: Path) -> Failure:
    """Say that a column is not there, and which one was probably meant."""
    known = [name for name in columns if not name.startswith("__")]
    near = difflib.get_close_matches(column, known, n=1)
    listed = ", ".join(f"`{name}`" for name in known[:12])
    hint = (f"did you mean `{near[0]}`? " if near else "") + f"the columns are {listed}"
    evidence = {"column": column, "columns": known}
    return Failure("TS825", f"`{source}` has no column `{column}` for `{role}`", hint=hint, evidence=evidence)


def first_line(error: Exception) -> str:
    """Return the first line of a library's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
