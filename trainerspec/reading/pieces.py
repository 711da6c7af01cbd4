"""A file in pieces of whole records, so that a file of any size is read in little memory, on several cores.

`cuts` goes through a file once and cheaply; `parse` reads one piece, anywhere. Nothing is lost: a record that cannot be
read comes back with its physical line and the reason.
"""

import codecs
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl

from . import records, table
from .content import DATABASES, PACKED, SEPARATED, STEP, UTF16, WHY, WORKBOOKS, opened, suffix, unreadable
from .notes import Note, Unreadable
from .separated import delimited
from .separated.delimited import named
from .separated.dialect import HEAD, Dialect
from .separated.scan import LONGEST, QUOTE, scan

SIZE = 8 * 2**20
"""Bytes of a piece of a text file, about."""
ROWS = 50_000
"""Rows of a piece of any other file."""
LINES = frozenset({".jsonl", ".ndjson"})


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A piece of a file that is not parsed yet."""

    path: str
    kind: Literal["separated", "lines", "parquet", "rows"]
    content: bytes = field(default=b"", repr=False)
    above: int = 0
    """Physical lines, or rows, that stand before it."""
    rows: int = 0
    dialect: Dialect | None = None
    names: tuple[str, ...] = ()
    frame: pl.DataFrame | None = field(default=None, repr=False)
    lines: pl.Series | None = field(default=None, repr=False)
    unread: tuple[tuple[int, str], ...] = ()

    @property
    def name(self) -> str:
        """Return the file's name."""
        return Path(self.path).name


@dataclass(frozen=True, kw_only=True)
class Piece:
    """The rows of a piece, and what in it is no row."""

    frame: pl.DataFrame = field(repr=False)
    lines: pl.Series = field(repr=False)
    """The physical line where each row begins."""
    unread: tuple[tuple[int, str], ...] = ()
    """Line and reason of each record that cannot be read."""


def cuts(path: Path, size: int = SIZE) -> Iterator[Cut]:
    """Give the pieces of a table in order. Raises Unreadable for what is no table at all."""
    kind = suffix(path)
    packed = path.suffix.lower() in PACKED
    try:
        if kind == ".parquet" and not packed:
            yield from _parquet(path)
        elif kind in WORKBOOKS | DATABASES or kind in (".json", ".parquet"):
            yield from _whole(path)
        else:
            yield from _streamed(path, kind, size)
    except WHY as error:
        raise Unreadable(unreadable(path, error)) from error


def parse(cut: Cut) -> Piece:
    """Read the rows of a piece."""
    if cut.kind == "separated":
        return _separated(cut)
    if cut.kind == "lines":
        return _lines(cut)
    if cut.kind == "parquet":
        found = pl.scan_parquet(cut.path).slice(cut.above, cut.rows).collect()
        where = pl.int_range(cut.above + 1, cut.above + found.height + 1, dtype=pl.UInt32, eager=True)
        frame, lines, _ = records.flat(found, where, Path(cut.path))
        return Piece(frame=frame, lines=lines)
    assert cut.frame is not None
    assert cut.lines is not None
    return Piece(frame=cut.frame, lines=cut.lines, unread=cut.unread)


def _parquet(path: Path) -> Iterator[Cut]:
    try:
        rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except pl.exceptions.PolarsError as error:
        message = f"`{path.name}` is not a readable Parquet file: damaged, cut off, or of another kind"
        raise Unreadable(Note(kind="format", message=message, file=path.name, hint="write or copy it again")) from error
    for start in range(0, max(1, rows), ROWS):
        yield Cut(path=str(path), kind="parquet", above=start, rows=min(ROWS, rows - start))


def _whole(path: Path) -> Iterator[Cut]:
    """Read a file that has no pieces (a workbook, a JSON document), and give its rows in pieces."""
    frame, lines, notes = table.read_one(path)
    unread = tuple((line, note.message) for note in notes if note.rows for line in note.lines)
    for start in range(0, max(1, frame.height), ROWS):
        some = slice(start, start + ROWS)
        yield Cut(path=str(path), kind="rows", frame=frame[some], lines=lines[some], unread=() if start else unread)


def _streamed(path: Path, kind: str, size: int) -> Iterator[Cut]:
    """Cut a text file where records begin; what it is follows from its name and its first piece."""
    held = b""
    blocks = _blocks(path)
    for block in blocks:
        held += block
        if len(held) >= max(size, HEAD):
            break
    start = held.lstrip()[:1]
    if start == b"[" and kind not in SEPARATED:
        yield from _whole(path)
        return
    if kind in LINES or (kind not in SEPARATED and start == b"{"):
        first = Cut(path=str(path), kind="lines")
    else:
        first = _begun(path, held)
    yield from _pieces(first, held, blocks, size)


def _pieces(first: Cut, held: bytes, blocks: Iterator[bytes], size: int) -> Iterator[Cut]:
    cut, least = first, size
    while True:
        while len(held) < least and (block := next(blocks, b"")):
            held += block
        last = len(held) < least
        end = len(held) if last else _end(held[:least], cut.dialect)
        if not end and not last:  # no record ends for sure: look further
            least *= 2
            continue
        if end or cut is first:
            yield replace(cut, content=held[:end])
        above = cut.above + held.count(b"\n", 0, end)
        held, least = held[end:], size
        dialect = None if cut.dialect is None else replace(cut.dialect, above=0, header=False)
        cut = replace(cut, above=above, dialect=dialect)
        if last:
            return


def _begun(path: Path, content: bytes) -> Cut:
    """Tell the dialect and the columns of a file of separated values from its first piece."""
    if len(content) > HEAD:
        content = content[: content.rfind(b"\n", 0, HEAD) + 1] or content
    content = content.decode("utf-8", "replace").encode()
    dialect, found = delimited.scanned(content)
    apart = delimited.header(found, dialect)
    frame, _ = delimited.parsed(content, found, dialect)
    names = delimited.columns(frame, apart, dialect, path.name)
    named(frame[:0], names, path.name)
    return Cut(path=str(path), kind="separated", dialect=dialect, names=tuple(names))


def _end(content: bytes, dialect: Dialect | None) -> int:
    """Return where the last record that is surely whole ends; 0 when none is.

    A quote may stay open for LONGEST lines: what begins before the last so many of them is read as in the whole file.
    """
    newest = content.rfind(b"\n") + 1
    if dialect is None or not dialect.quoted or QUOTE not in content:
        return newest
    whole = content[:newest]
    found = scan(whole.decode("utf-8", "replace").encode(), dialect)
    begins = sorted([*found.starts, *(line for line, _ in found.ragged)])
    total = whole.count(b"\n")
    place = bisect_right(begins, total - LONGEST)
    if place < 2:  # the first record alone, or none
        return 0
    at = len(whole)
    for _ in range(total - begins[place - 1] + 2):
        at = whole.rfind(b"\n", 0, at)
    return at + 1


def _separated(cut: Cut) -> Piece:
    assert cut.dialect is not None
    content, broken = _decoded(cut.content)
    found = scan(content, cut.dialect)
    apart = delimited.header(found, cut.dialect)
    frame, lines = delimited.parsed(content, found, cut.dialect)
    if cut.dialect.header and apart is None:
        frame, lines = frame[1:], lines[1:]
    frame, _ = named(frame, cut.names, cut.name)
    width = cut.dialect.width
    unread = [(line + cut.above, f"{len(cells)} values instead of {width}") for line, cells in found.ragged]
    return _without(Piece(frame=frame, lines=lines + cut.above, unread=tuple(unread)), broken, cut.above)


def _without(piece: Piece, broken: Sequence[int], above: int) -> Piece:
    """Take out the rows in whose lines bytes are no UTF-8."""
    if not broken:
        return piece
    starts = piece.lines.to_list()
    rows = {bisect_right(starts, line + above) - 1 for line in broken} - {-1}
    kept = pl.Series([row not in rows for row in range(len(starts))], dtype=pl.Boolean)
    unread = [*piece.unread, *((starts[row], "it is not UTF-8") for row in sorted(rows))]
    return Piece(frame=piece.frame.filter(kept), lines=piece.lines.filter(kept), unread=tuple(sorted(unread)))


def _decoded(content: bytes) -> tuple[bytes, list[int]]:
    """Return text as UTF-8, and the lines in which it was not."""
    try:
        codecs.utf_8_decode(content, "strict", True)
    except UnicodeDecodeError:
        pass
    else:
        return content, []
    broken = []
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            broken.append(number)
    return content.decode("utf-8", "replace").encode(), broken


def _lines(cut: Cut) -> Piece:
    """Read JSON Lines; a line that is not a JSON object is told, and the others are read."""
    frame, lines, _, broken = records.objects(cut.content, Path(cut.path))
    unread = tuple((at + cut.above, why) for at, why in broken.items())
    return Piece(frame=frame, lines=lines + cut.above, unread=unread)


def _blocks(path: Path) -> Iterator[bytes]:
    """Give a text file unpacked, in UTF-8 without a byte-order mark, its lines ended by LF or CRLF."""
    with ExitStack() as stack:
        file = opened(path, stack)
        block = file.read(STEP)
        wide = block[:2] in UTF16
        decoder = codecs.getincrementaldecoder("utf-16")() if wide else None
        block = block.removeprefix(codecs.BOM_UTF8)
        old = b"\r" in block and b"\n" not in block and not wide
        while block:
            if decoder is not None:
                block = _recoded(decoder, block, path)
            yield block.replace(b"\r", b"\n") if old else block
            block = file.read(STEP)


def _recoded(decoder: codecs.IncrementalDecoder, block: bytes, path: Path) -> bytes:
    try:
        return decoder.decode(block).encode()
    except UnicodeError as error:
        note = Note(kind="encoding", message=f"`{path.name}` begins as UTF-16 but is not: {error}", file=path.name)
        raise Unreadable(note) from error
