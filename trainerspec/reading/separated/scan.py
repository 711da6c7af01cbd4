"""Goes through the records of a file of separated values: which are whole, which are not, and where each begins."""

import csv
import io
import re
from array import array
from collections import Counter, deque
from dataclasses import dataclass, field

import polars as pl

from .dialect import BLANKS, Dialect, split

LONGEST = 1000
"""Lines that one record may have: a quote that is still open then encloses nothing."""
QUOTE = b'"'
ENCLOSED = re.compile(rb'"[^"]*"')


@dataclass(kw_only=True)
class Scan:
    """What was found; the header's record is the first."""

    starts: "array[int]" = field(default_factory=lambda: array("I"))
    """The physical line of each record that is kept."""
    ragged: list[tuple[int, list[str]]] = field(default_factory=list)
    """Line and values of each record that does not fit."""
    stray: list[int] = field(default_factory=list)
    """Lines of records with a quote that encloses nothing; it is taken as a character."""
    changed: bool = False
    """Whether the records that are kept are not the file as it is."""


def separator(dialect: Dialect) -> str:
    """Return what separates the values of the records that are kept."""
    return "," if rewrites(dialect) else dialect.separator


def rewrites(dialect: Dialect) -> bool:
    """Tell whether every record is written anew, since the fast reader does not know the dialect."""
    return dialect.separator == BLANKS or dialect.backslash or (dialect.padded and dialect.quoted)


def regular(content: bytes, dialect: Dialect) -> int | None:
    """Return the number of lines where none holds a quote and each has one record; None where that has to be seen.

    >>> some = Dialect(separator=",", quoted=True, width=2)
    >>> regular(b"a,b\\n1,2\\n", some), regular(b"a,b\\n1\\n", some), regular(b'a,b\\n"1",2\\n', some)
    (2, None, None)
    """
    if rewrites(dialect) or dialect.width < 2 or dialect.above or (dialect.quoted and QUOTE in content):
        return None
    if b"\x01" in content or b"\n\n" in content or b"\n\r" in content or not content.strip():
        return None
    try:
        lines = pl.read_csv(content, has_header=False, separator="\x01", quote_char=None, infer_schema=False)
    except pl.exceptions.PolarsError:
        return None
    counts = lines.to_series(0).str.count_matches(dialect.separator, literal=True)
    fits = bool((counts == dialect.width - 1).all()) and not counts.null_count()
    return lines.height if fits and lines.width == 1 else None


def scan(content: bytes, dialect: Dialect, out: io.BytesIO | None = None) -> Scan:
    """Go through a file; the records that are kept are written to `out`, those with stray quotes anew."""
    found = Scan(changed=rewrites(dialect))
    if out is None and (count := regular(content, dialect)) is not None:
        found.starts = array("I", range(1, count + 1))
        return found
    lines = iter(io.BytesIO(content))
    waiting: deque[bytes] = deque()
    number = 0
    anew, width = rewrites(dialect), dialect.width
    mark = dialect.separator.encode() if dialect.separator != BLANKS else b" "
    torn = re.compile(rb'(?:^|%b)"(?:[^"]|"")*"[^"\r\n%b]' % (re.escape(mark), re.escape(mark)))
    starts, write = found.starts, out.write if out is not None else None
    while (line := waiting.popleft() if waiting else next(lines, None)) is not None:
        number += 1
        if number <= dialect.above:
            continue
        quotes = dialect.quoted and QUOTE in line
        if not anew and not quotes and line.count(mark) + 1 == width and (width > 1 or line.strip()):
            starts.append(number)
            if write:
                write(line if line.endswith(b"\n") else line + b"\n")
            continue
        begin, record = number, line
        if quotes:
            held = [line]
            while _open(b"".join(held), dialect) and len(held) < LONGEST:
                more = waiting.popleft() if waiting else next(lines, None)
                if more is None:
                    break
                held.append(more)
            record = b"".join(held)
            if not anew and record.count(QUOTE) % 2 == 0:
                bare = ENCLOSED.sub(b"", record)
                if bare.count(mark) + 1 == width and not torn.search(record):
                    starts.append(begin)
                    number += len(held) - 1
                    if write:
                        write(record if record.endswith(b"\n") else record + b"\n")
                    continue
            cells = _cells(record, dialect) if not _open(record, dialect) else []
            alone = _plain(line, dialect)
            stray = len(cells) != width and len(alone) == width
            if stray or not cells or _open(record, dialect):
                waiting.extendleft(reversed(held[1:]))
                cells = alone
                found.stray.append(begin)
            else:
                number += len(held) - 1
                if not anew and torn.search(record):
                    found.stray.append(begin)
        elif not record.strip():
            found.changed = True
            continue
        else:
            cells = _cells(record, dialect)
        if len(cells) == width:
            starts.append(begin)
            found.changed = True
            if write:
                write(_written(cells, dialect))
        else:
            found.changed = True
            found.ragged.append((begin, cells))
    return found


def _open(record: bytes, dialect: Dialect) -> bool:
    if dialect.backslash:
        record = record.replace(b"\\\\", b"").replace(b'\\"', b"")
    return record.count(QUOTE) % 2 == 1


def _cells(record: bytes, dialect: Dialect) -> list[str]:
    text = record.decode().rstrip("\r\n")
    try:
        return split(text, dialect)
    except csv.Error:
        return []


def _plain(line: bytes, dialect: Dialect) -> list[str]:
    """Split a line whose quotes are characters like others."""
    text = line.decode().rstrip("\r\n")
    cells = text.split() if dialect.separator == BLANKS else text.split(dialect.separator)
    return [cell.strip(" ") for cell in cells] if dialect.padded else cells


def _written(cells: list[str], dialect: Dialect) -> bytes:
    """Write a record for the fast reader: every value in quotes where the dialect has quotes or is written anew."""
    if not dialect.quoted and not rewrites(dialect):
        return (dialect.separator.join(cells) + "\n").encode()
    text = io.StringIO()
    csv.writer(text, delimiter=separator(dialect), lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerow(cells)
    return text.getvalue().encode()


def usual(found: Scan, least: float = 0.5) -> int | None:
    """Return the width that most of the records that do not fit have, when they are more than those that do."""
    widths = Counter(len(cells) for _, cells in found.ragged)
    if not widths:
        return None
    width, count = widths.most_common(1)[0]
    return width if count > least * (len(found.starts) + len(found.ragged)) else None
