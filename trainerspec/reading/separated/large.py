"""Reads a large file of separated values in pieces, and plain numbers as numbers at once: in little time and memory.

Only where that loses nothing. A file with quotes, with lines that do not fit, or with anything else that has to be seen
as a whole is left to `delimited`, which reads every file, to the same rows.
"""

import codecs
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import polars as pl

from ..content import SEPARATED, UTF16
from ..notes import Unreadable
from ..values.dates import CALLED
from ..values.numerals import THOUSANDS
from .delimited import Delimited, headers, named, without_total
from .dialect import HEAD, Dialect, sniff
from .scan import QUOTE, rewrites

LARGE = 16 * 2**20
"""Bytes from which a file is read in pieces."""
SIZE = 8 * 2**20
"""Bytes of a piece, about."""
CODE = r"^[+-]?0\d"
LONGEST = 18
"""Characters of a number that surely has a value of its own."""
FEW = 200
"""Different numbers with a point up to which they may be classes, and stay as they are written."""


class Other(Exception):
    """The file has to be read as a whole."""


@dataclass(kw_only=True)
class Column:
    """The pieces of a column."""

    name: str
    kind: str
    """`text`, `integer`, or `number`: with a point."""
    pieces: list[pl.Series] = field(default_factory=list)
    pointed: bool = False
    """Whether a point surely marks decimals, not thousands."""

    def add(self, texts: pl.Series) -> None:
        """Take the next values as they are written. Raises Other."""
        if self.kind == "integer":
            made = integers(texts)
            if made is not None:
                self.pieces.append(made)
                return
            self.kind, self.pieces = "text", [one.cast(pl.String) for one in self.pieces]
        if self.kind == "number":
            made = numbers(texts)
            if made is None:
                raise Other
            self.pointed = self.pointed or pointed(texts)
            self.pieces.append(made)
            return
        self.pieces.append(texts)

    def whole(self) -> pl.Series:
        """Return all values. Raises Other."""
        if self.kind == "number" and not self.pointed:
            raise Other
        found = pl.concat(self.pieces, rechunk=True).alias(self.name)
        self.pieces = []
        return found


def read(path: Path, as_text: Collection[str]) -> Delimited | None:
    """Read a large plain file, the columns `as_text` as they are written; None for any other file.

    Whole numbers are read as such where each is written in the one usual way. Raises OSError.
    """
    if path.suffix.lower() not in SEPARATED or path.stat().st_size < LARGE:
        return None
    try:
        with path.open("rb") as file:
            return _read(file, path.name, as_text)
    except (Other, Unreadable, pl.exceptions.PolarsError):
        return None


def _read(file: IO[bytes], name: str, as_text: Collection[str]) -> Delimited:
    head = file.read(HEAD)
    file.seek(0)
    if head[:2] in UTF16:
        raise Other
    dialect = sniff(head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "ignore"), whole=False)
    if rewrites(dialect) or dialect.padded or dialect.above or not dialect.header or dialect.width < 2:
        raise Other
    columns: list[Column] = []
    for texts in _pieces(file, dialect):
        if not columns:
            names = [" ".join(str(cell or "").split()) for cell in texts.row(0)]
            if not all(names):
                raise Other
            texts = named(texts[1:], names, name)[0]
            columns = [Column(name=one, kind=_kind(texts[one], as_text)) for one in names]
        for column, values in zip(columns, texts.get_columns(), strict=True):
            column.add(values)
    frame = pl.DataFrame([column.whole() for column in columns])
    if headers(frame) is not None:
        raise Other
    lines = pl.int_range(2, frame.height + 2, dtype=pl.UInt32, eager=True)
    frame, lines, total = without_total(frame, lines, name)
    return Delimited(frame=frame, lines=lines, dialect=dialect, notes=tuple(total))


def _pieces(file: IO[bytes], dialect: Dialect) -> Iterator[pl.DataFrame]:
    """Return the records in pieces, each value as it is written. Raises Other."""
    schema = {f"column_{at + 1}": pl.String for at in range(dialect.width)}
    held = file.read(SIZE).removeprefix(codecs.BOM_UTF8)
    while held:
        more = file.read(SIZE)
        end = held.rfind(b"\n") + 1 if more else len(held)
        if not end:
            raise Other
        piece, held = held[:end], held[end:] + more
        yield _parsed(piece, dialect, schema)


def _parsed(piece: bytes, dialect: Dialect, schema: dict[str, type[pl.String]]) -> pl.DataFrame:
    rows = piece.count(b"\n") + (not piece.endswith(b"\n"))
    if (QUOTE in piece and dialect.quoted) or b"\n\n" in piece or b"\n\r" in piece or piece[:1] in (b"\n", b"\r"):
        raise Other
    if piece.count(b"\r") > rows or piece.count(dialect.separator.encode()) != rows * (dialect.width - 1):
        raise Other
    try:
        codecs.utf_8_decode(piece, "strict", True)
    except UnicodeDecodeError as error:
        raise Other from error
    quote = '"' if dialect.quoted else None
    found = pl.read_csv(piece, separator=dialect.separator, quote_char=quote, has_header=False, schema=schema)
    if found.height != rows:
        raise Other
    return found


def _kind(texts: pl.Series, as_text: Collection[str]) -> str:
    """Tell by its first values what a column may be read as."""
    if texts.name in as_text or CALLED.search(texts.name) or texts.null_count() == len(texts):
        return "text"
    if integers(texts) is not None:
        return "integer"
    return "number" if numbers(texts) is not None and pointed(texts) and texts.n_unique() > FEW else "text"


def integers(texts: pl.Series) -> pl.Series | None:
    """Return texts as whole numbers; None where one is written otherwise than the number is.

    >>> integers(pl.Series(["1", "-20", None])).to_list(), integers(pl.Series(["01"])), integers(pl.Series(["+1"]))
    ([1, -20, None], None, None)
    """
    found = texts.cast(pl.Int64, strict=False)
    if found.null_count() > texts.null_count() or _long(texts):
        return None
    return found if int(texts.str.len_bytes().sum()) == _characters(found) else None


def _characters(values: pl.Series) -> int:
    """Count the characters of whole numbers in the usual way: any other way to write one takes more.

    >>> _characters(pl.Series([0, -10, 999, None]))
    7
    """
    amounts, least, found = values.abs(), 10, len(values) - values.null_count() + int((values < 0).sum())
    most = int(str(amounts.max() or 0))
    while least <= most:
        found += int((amounts >= least).sum())
        least *= 10
    return found


def numbers(texts: pl.Series) -> pl.Series | None:
    """Return texts as numbers; None where one is none, is not finite, is long, or begins as codes do.

    >>> numbers(pl.Series(["1.5", "20"])).to_list(), numbers(pl.Series(["007.5"])), numbers(pl.Series(["1.5", "?"]))
    ([1.5, 20.0], None, None)
    """
    found = texts.cast(pl.Float64, strict=False)
    if found.null_count() > texts.null_count() or _long(texts):
        return None
    return found if bool(found.is_finite().all()) and not bool(texts.str.contains(CODE).any()) else None


def _long(texts: pl.Series) -> bool:
    longest = texts.str.len_bytes().max()
    return longest is not None and int(str(longest)) > LONGEST


def pointed(texts: pl.Series) -> bool:
    """Tell whether some number has a point that does not stand before a group of three digits."""
    some = texts.filter(texts.str.contains(".", literal=True))
    return len(some) > 0 and not bool(some.str.contains(THOUSANDS).all())
