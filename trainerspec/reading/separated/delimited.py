"""Files of separated values (CSV, TSV, and what is called so): every record accounted for, every value as written."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ..content import load
from ..notes import Note, Unreadable, listed
from .dialect import BLANKS, HEAD, NUMBER, Dialect, lines_of, sniff, split
from .scan import Scan, scan, separator, usual

TOTAL = re.compile(r"(?:grand )?(?:total|sum|summe|gesamt|insgesamt|somme|totale|suma|合计)\b[:\s]*", re.IGNORECASE)
FOOTER = 3
"""Records at the end that may be totals or notes."""
SEVERAL = 2
"""Values of a record from which a text file may be a table."""
FEW = 3
"""Records from which a text file may be a table."""
ODD = 0.1
"""Records of another width, of those that fit, up to which a text file is a table."""
MOST_RAGGED = 0.5
"""Share of records that do not fit from which the file is not read."""
RULE = re.compile(r":-+:?|-+:|-{2,}")
"""A cell of the line below the header of a Markdown table."""
PREFIX = "column_"
"""What columns of a file without a header are called, with their number from 1."""


@dataclass(frozen=True, kw_only=True)
class Delimited:
    frame: pl.DataFrame = field(repr=False)
    """All columns as text, empty ones as null."""
    lines: pl.Series = field(repr=False)
    """The physical line where each row begins."""
    dialect: Dialect
    notes: tuple[Note, ...]


def read(content: bytes, name: str) -> Delimited:
    """Read a file's content, UTF-8 without a byte-order mark; `name` is how notes call it.

    Raises Unreadable where two columns are called alike (`names`), where the header does not fit the rows (`header`),
    or where most records do not fit it (`ragged`).
    """
    dialect, found = scanned(content)
    apart = header(found, dialect)
    _regular(found, dialect, name)
    frame, lines = parsed(content, found, dialect)
    names = columns(frame, apart, dialect, name)
    if dialect.header and apart is None:
        frame, lines = frame[1:], lines[1:]
    if dialect.header and dialect.separator == "|" and ruled(frame):
        frame, lines = frame[1:], lines[1:]
    frame, notes = named(frame, names, name)
    frame, lines, again = without_headers(frame, lines, name) if dialect.header else (frame, lines, [])
    frame, lines, total = without_total(frame, lines, name)
    told = (*_above(dialect, name), *_left_out(found, dialect, name), *notes, *again, *total)
    return Delimited(frame=frame, lines=lines, dialect=dialect, notes=told)


def tabular(path: Path) -> bool:
    """Tell by its lines whether a text file is a table: several records of several values, nearly all of one width.

    Blanks separate numbers only: sentences have words of some number, too.
    """
    try:
        content = load(path)
    except Unreadable:
        return False
    dialect, found = scanned(content)
    if dialect.width < SEVERAL or len(found.starts) < FEW or len(found.ragged) > ODD * len(found.starts):
        return False
    return dialect.separator != BLANKS or _numbered(lines_of(content[:HEAD].decode("utf-8", "ignore"))[1:-1], dialect)


def _numbered(lines: Sequence[str], dialect: Dialect) -> bool:
    """Tell whether nearly all values of some column are numbers."""
    rows = [cells for line in lines if len(cells := split(line, dialect)) == dialect.width]
    counts = (sum(bool(NUMBER.fullmatch(row[at])) for row in rows) for at in range(dialect.width))
    return max(counts) > (1 - ODD) * len(rows)


def scanned(content: bytes) -> tuple[Dialect, Scan]:
    """Tell the dialect of a file, and go through its records."""
    dialect = sniff(content[:HEAD].decode("utf-8", "ignore"), whole=len(content) <= HEAD)
    found = scan(content, dialect)
    wider = usual(found)
    if wider is not None:
        dialect = replace(dialect, width=wider)
        found = scan(content, dialect)
    return dialect, found


def columns(frame: pl.DataFrame, apart: Sequence[str] | None, dialect: Dialect, name: str) -> list[str]:
    """Name the columns: by the first row, by a header that was taken `apart`, or by their number."""
    if not dialect.header:
        return [f"{PREFIX}{at + 1}" for at in range(frame.width)]
    if apart is not None:
        return _fitted(apart, frame, name)
    return ["" if cell is None else str(cell) for cell in frame.row(0)] if frame.height else []


def header(found: Scan, dialect: Dialect) -> list[str] | None:
    """Take the header out of the records that do not fit, when it is one of them."""
    if dialect.header and found.ragged and found.ragged[0][0] < (found.starts[0] if found.starts else 2**32 - 1):
        return found.ragged.pop(0)[1]
    return None


def _regular(found: Scan, dialect: Dialect, name: str) -> None:
    if len(found.ragged) <= max(FOOTER, MOST_RAGGED * len(found.starts)):
        return
    line, cells = found.ragged[0]
    message = f"the rows of `{name}` differ in their number of values: {dialect.width}, but {len(cells)} in line {line}"
    hint = "commas, semicolons, tabs, bars or runs of blanks separate columns; put a value that holds one in quotes"
    raise Unreadable(Note(kind="ragged", message=message, file=name, line=line, hint=hint))


def parsed(content: bytes, found: Scan, dialect: Dialect) -> tuple[pl.DataFrame, pl.Series]:
    """Parse the records that are kept, each column as text."""
    if found.changed:
        out = io.BytesIO()
        found = scan(content, dialect, out)
        content, above = out.getvalue(), 0
    else:
        above = dialect.above
    if not found.starts:
        return pl.DataFrame(schema={f"{PREFIX}{at + 1}": pl.String for at in range(dialect.width)}), pl.Series(
            [], dtype=pl.UInt32
        )
    frame = pl.read_csv(
        content,
        separator=separator(dialect),
        quote_char='"' if dialect.quoted else None,
        has_header=False,
        skip_lines=above,
        infer_schema=False,
        low_memory=False,
    )
    lines = pl.Series(found.starts, dtype=pl.UInt32)
    if frame.height != len(lines) or frame.width != dialect.width:
        raise AssertionError(f"{frame.shape} is not {len(lines)} rows of {dialect.width}: two readers disagree")
    if dialect.padded:
        frame = frame.with_columns(pl.all().str.strip_chars(" "))
    return frame, lines


def _fitted(header: Sequence[str], frame: pl.DataFrame, name: str) -> list[str]:
    """Fit a header to rows of another width: a separator at the end of lines, or a first column without a name."""
    names = list(header)
    if len(names) == frame.width + 1 and not names[-1].strip():
        return names[:-1]
    if len(names) == frame.width - 1:
        last = frame.to_series(frame.width - 1)
        return [*names, ""] if last.null_count() == frame.height else ["", *names]
    message = f"the header of `{name}` has {len(names)} names, but the rows have {frame.width} values"
    raise Unreadable(Note(kind="header", message=message, file=name, line=1, hint="give each column one name"))


def named(frame: pl.DataFrame, names: Sequence[str], name: str) -> tuple[pl.DataFrame, list[Note]]:
    """Give the columns their names, blanks at the ends taken off; columns without a name are left out, and told.

    Raises Unreadable (`names`) where two are called alike.
    """
    clean = [" ".join(one.split()) for one in names]
    twice = sorted({one for one in clean if one and clean.count(one) > 1})
    if twice:
        listed_names = ", ".join(f"`{one}` ({clean.count(one)} times)" for one in twice)
        message = f"columns of `{name}` share a name: {listed_names}"
        raise Unreadable(
            Note(kind="names", message=message, file=name, line=1, hint="give each column a name of its own")
        )
    notes: list[Note] = []
    for at, one in enumerate(clean):
        if one:
            continue
        values = frame.to_series(at)
        if values.null_count() < frame.height:
            shown = str(values.drop_nulls()[0])[:40]
            message = f"column {at + 1} of `{name}` has no name and is left out; it begins with `{shown}`"
            notes.append(
                Note(kind="nameless", message=message, file=name, hint="name it in the header to have it read")
            )
    kept = [at for at, one in enumerate(clean) if one]
    return frame[:, kept].rename(
        dict(zip([frame.columns[at] for at in kept], [clean[at] for at in kept], strict=True))
    ), notes


def headers(frame: pl.DataFrame) -> pl.Series | None:
    """Tell which rows repeat the names of the columns, as files put end to end have them; None where none does."""
    if not frame.width or any(dtype != pl.String for dtype in frame.dtypes):
        return None
    again = frame.to_series(0).str.strip_chars() == frame.columns[0]
    if not bool(again.any()):
        return None
    again = frame.select(pl.all_horizontal(pl.col(one).str.strip_chars() == one for one in frame.columns)).to_series()
    again = again.fill_null(False)
    return again if bool(again.any()) else None


def ruled(frame: pl.DataFrame) -> bool:
    """Tell whether the first row is the line below the header of a Markdown table.

    >>> ruled(pl.DataFrame({"a": ["---", "1"], "b": [":-:", "2"]})), ruled(pl.DataFrame({"a": ["-"]}))
    (True, False)
    """
    cells = [str(cell).strip() for cell in frame.row(0) if cell is not None] if frame.height else []
    return bool(cells) and all(RULE.fullmatch(cell) for cell in cells)


def without_headers(frame: pl.DataFrame, lines: pl.Series, name: str) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Leave out the rows that repeat the header."""
    again = headers(frame)
    if again is None:
        return frame, lines, []
    left = tuple(lines.filter(again).to_list())
    message = f"the header stands again among the rows of `{name}`, which is left out: {listed(left)}"
    note = Note(kind="header", message=message, file=name, rows=len(left), lines=left, line=left[0])
    return frame.filter(~again), lines.filter(~again), [note]


def without_total(frame: pl.DataFrame, lines: pl.Series, name: str) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Leave out last rows that sum up the others: `Total`, and for the rest numbers or nothing."""
    at = frame.height
    while at > max(1, frame.height - FOOTER):
        row = [str(cell).strip() for cell in frame.row(at - 1) if cell is not None and str(cell).strip()]
        if not row or not TOTAL.fullmatch(row[0]) or frame.width < 2:
            break
        first = frame.to_series(0)[: at - 1]
        if first.drop_nulls().str.strip_chars().str.to_lowercase().is_in([row[0].lower()]).any():
            break
        at -= 1
    if at == frame.height:
        return frame, lines, []
    left = tuple(int(line) for line in lines[at:])
    message = f"`{name}` ends with a line of totals, which is left out: {listed(left)}"
    return frame[:at], lines[:at], [Note(kind="footer", message=message, file=name, rows=len(left), lines=left)]


def _above(dialect: Dialect, name: str) -> Iterator[Note]:
    if dialect.above:
        count = f"{dialect.above} line{'s' if dialect.above > 1 else ''}"
        message = f"`{name}` begins with {count} above the header, not read"
        yield Note(kind="preamble", message=message, file=name, severity="info")
    if not dialect.header:
        message = f"`{name}` has no header: its columns are called `{PREFIX}1`, `{PREFIX}2`, ..."
        yield Note(kind="header", message=message, file=name, hint="write the names into the first line")


def _left_out(found: Scan, dialect: Dialect, name: str) -> Iterator[Note]:
    ragged = list(found.ragged)
    last = found.starts[-1] if found.starts else 0
    below = [line for line, _ in ragged if line > last]
    below = below if len(below) <= FOOTER else []
    if below:
        message = f"`{name}` ends with notes below the rows, left out: {listed(below)}"
        yield Note(kind="footer", message=message, file=name, rows=len(below), lines=tuple(below))
    for more in (True, False):
        lines = tuple(line for line, cells in ragged if (len(cells) > dialect.width) == more and line not in below)
        if lines:
            rows = "1 row" if len(lines) == 1 else f"{len(lines)} rows"
            what = "more" if more else "fewer"
            message = f"{rows} of `{name}` with {what} than {dialect.width} values left out: {listed(lines)}"
            hint = "put a value that holds the separator in quotes" if more else "complete or delete them"
            yield Note(
                kind="ragged",
                message=message,
                file=name,
                rows=len(lines),
                lines=lines,
                hint=hint,
                line=lines[0],
            )
    if found.stray:
        lines = tuple(found.stray)
        message = f"quotes that enclose no value in `{name}` are taken as characters: {listed(lines)}"
        yield Note(kind="quote", message=message, file=name, lines=lines, severity="info", line=lines[0])
