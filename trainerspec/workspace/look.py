"""What was found at a path: its layout, columns, classes and rows, without knowing any task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.reading.kinds import ColumnKind
from trainerspec.reading.notes import Note
from trainerspec.workspace.names import Media, choose

Layout = Literal["folders", "filename", "table", "refcoco", "conll", "coco", "yolo", "voc", "masks"]

Places: TypeAlias = Callable[[int], pl.Series]


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


def failed(code: str, path: Path, message: str, hint: str = "") -> Outcome[Look]:
    """Say why data cannot be looked at."""
    return Outcome(diagnostics=(Diagnostic(code=code, message=message, hint=hint, file=str(path)),))


def shares(found: Mapping[str | None, int]) -> dict[str, int]:
    """Return the rows of each part of a split where each row is in one."""
    named = {name: rows for name, rows in found.items() if name is not None}
    return dict(sorted(named.items())) if len(named) == len(found) else {}


def samples(seen: Look, count: int, longest: int = 500) -> tuple[str, ...]:
    """Return `count` rows as text, each cut to `longest` characters; the same rows on any machine.

    They are data: they leave the machine only where somebody asked for it (`--share-samples`).
    """
    rows = choose((str(index) for index in range(seen.frame.height)), count)
    shown = (seen.frame.row(int(index), named=True) for index in rows)
    return tuple(", ".join(f"{name}: {value}" for name, value in row.items())[:longest] for row in shown)
