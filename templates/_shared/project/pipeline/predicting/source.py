"""Where rows come from: a table, a folder of tables, or loose files of pictures or texts; cut into pieces."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from pipeline.base.contract import Port
from pipeline.base.failure import Failure
from pipeline.dataset import table_files
from pipeline.reading import content, folders, pieces, table
from pipeline.reading.notes import Unreadable
from pipeline.reading.pieces import Cut

PLACE = table_files.PLACE
"""Where a row comes from: `file:line`, or the name of a file that is a row by itself."""
PROBLEM = table_files.PROBLEM
"""Why a row cannot be read; null for the others."""
FILES = 500
"""Loose files of a piece, of those that are read one by one."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of the source that is not read yet."""

    number: int
    file: str
    """The file's name, relative to the source."""
    cut: Cut | None = field(default=None, repr=False)
    loose: tuple[str, ...] = ()
    """Names of files that are a row each."""
    whole: bool = False
    """Whether it is all of the source."""
    size: int = 0
    """Bytes of the source that it stands for, about."""


def parts(source: Path, ports: tuple[Port, ...], *, whole: bool = False) -> Iterator[Part]:
    """Cut the source into pieces, in order; one piece where it is read at once. Raises Failure TS821 to TS824."""
    if whole:
        size = sum(path.stat().st_size for path in ([source] if source.is_file() else source.rglob("*")))
        yield Part(number=0, file="", whole=True, size=size)
        return
    for number, part in enumerate(_parts(source, ports)):
        yield replace(part, number=number)


def _parts(source: Path, ports: tuple[Port, ...]) -> Iterator[Part]:
    table_files.present(source)
    suffixes = folders.PICTURES if any(port.kind == "image" for port in ports) else folders.TEXTS
    named = [source.name] if source.is_file() else folders.names(source)
    loose = [name for name in named if Path(name).suffix.lower() in suffixes]
    if loose and not [name for name in named if content.is_table(name)]:
        for start in range(0, len(loose), FILES):
            yield Part(number=0, file="", loose=tuple(loose[start : start + FILES]))
        return
    tables = table.names(source)
    if not tables:
        hint = (
            f"it reads tables ({' '.join(sorted(content.SUFFIXES))}), packed or not, and {' '.join(sorted(suffixes))}"
        )
        raise Failure("TS822", f"`{source}` holds nothing to answer", hint=hint)
    for name in tables:
        path = source if source.is_file() else source / name
        try:
            for cut in pieces.cuts(path):
                yield Part(number=0, file=name, cut=cut, size=len(cut.content))
        except Unreadable as error:
            raise table_files.failure(error.note) from error


def read(part: Part, source: Path, files: str) -> pl.DataFrame:
    """Read a piece: its columns, PLACE, and PROBLEM for what is no row; `files` names the column of loose files."""
    if part.whole:
        frame = table_files.as_written(source)
        return frame.with_columns(pl.lit(None, pl.String).alias(PROBLEM))
    if part.cut is None:
        found = [loose(source if source.is_file() else source / name, name) for name in part.loose]
        values, problems = [value for value, _ in found], [problem for _, problem in found]
        schema = {files: pl.String, PLACE: pl.String, PROBLEM: pl.String}
        return pl.DataFrame({files: values, PLACE: list(part.loose), PROBLEM: problems}, schema=schema)
    try:
        piece = pieces.parse(part.cut)
    except Unreadable as error:
        raise table_files.failure(error.note) from error
    frame = piece.frame.with_columns(pl.lit(None, pl.String).alias(PROBLEM), piece.lines.alias(PLACE))
    if piece.unread:
        lost = pl.DataFrame(
            {PROBLEM: [why for _, why in piece.unread], PLACE: [line for line, _ in piece.unread]},
            schema={PROBLEM: pl.String, PLACE: pl.UInt32},
        )
        frame = pl.concat([frame, lost], how="diagonal").sort(PLACE)
    return frame.with_columns(pl.format("{}:{}", pl.lit(part.file), pl.col(PLACE)).alias(PLACE))


def loose(path: Path, name: str) -> tuple[str | None, str | None]:
    """Return what a file that is a row stands for in a column, its text or its name; or why it cannot be read."""
    if path.suffix.lower() not in folders.TEXTS:
        return name, None
    try:
        return table_files.read_text(path), None
    except Failure as failure:
        return None, failure.message
