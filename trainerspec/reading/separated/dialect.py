"""How a file of separated values is written: separator, quotes, blanks, lines above the header, the header."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

SEPARATORS = (",", "\t", ";", "|")
BLANKS = "blanks"
"""The separator of columns that runs of blanks keep apart."""
ALONE = "\x1f"
"""The separator of files with one column: no text holds it."""
HEAD = 2**20
"""Bytes that the dialect is told from."""
LOOKED = 400
"""Records that the dialect is told from."""
USUAL = 0.6
"""Share of records of equal width below which a character does not separate columns."""
MOST_ABOVE = 20
"""Lines that may stand above the header."""
COMMENT = "#"
"""How a comment begins."""
EXCEL = re.compile(r"sep=(.)\s*$", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][+-]?\d+)?\s*%?")
YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    separator: str
    """One character, or `BLANKS`."""
    quoted: bool
    """Whether double quotes may enclose a value; else they are characters like others."""
    backslash: bool = False
    """Whether a quote inside of quotes is written as a backslash and a quote, not as two quotes."""
    padded: bool = False
    """Whether blanks stand between a separator and the value."""
    above: int = 0
    """Physical lines above the header: a title, `sep=;`, empty lines."""
    header: bool = True
    """Whether the first record names the columns."""
    width: int
    """Values in a usual record."""


def split(line: str, dialect: Dialect) -> list[str]:
    r"""Split one record, which may hold line breaks inside of quotes.

    >>> split('a, "b, c"', Dialect(separator=",", quoted=True, padded=True, width=2))
    ['a', 'b, c']
    >>> split('1  2   "x y"', Dialect(separator="blanks", quoted=True, width=3))
    ['1', '2', 'x y']
    >>> split('5" pipe\tx', Dialect(separator="\t", quoted=False, width=2))
    ['5" pipe', 'x']
    """
    if dialect.separator == BLANKS:
        line, separator, padded = line.strip().replace("\t", " "), " ", True
    else:
        separator, padded = dialect.separator, dialect.padded
    if not (dialect.quoted and '"' in line):
        cells = line.split() if dialect.separator == BLANKS else line.split(separator)
        return [cell.strip(" ") for cell in cells] if padded else cells
    reader = csv.reader(
        [line],
        delimiter=separator,
        doublequote=not dialect.backslash,
        escapechar="\\" if dialect.backslash else None,
        skipinitialspace=padded,
    )
    cells = next(reader, [])
    return [cell.strip(" ") for cell in cells] if padded else cells


def lines_of(text: str) -> list[str]:
    r"""Split at LF and CRLF alone: texts hold other characters that count as line breaks elsewhere.

    >>> lines_of("a\r\nb\x0cc\n")
    ['a', 'b\x0cc']
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def records(lines: Sequence[str], dialect: Dialect) -> tuple[list[str], bool]:
    """Join the lines of each record, whose quotes stay open; tell whether those of the last one are never closed."""
    found: list[str] = []
    held: list[str] = []
    odd = False
    for line in lines:
        odd ^= dialect.quoted and open_quote(line, dialect)
        held.append(line)
        if odd:
            continue
        if len(held) > 1 or line.strip():
            found.append("\n".join(held))
        held = []
    return found, odd


def open_quote(text: str, dialect: Dialect) -> bool:
    """Tell whether quotes are still open at the end of a text."""
    if dialect.backslash:
        text = text.replace("\\\\", "").replace('\\"', "")
    return text.count('"') % 2 == 1


def sniff(head: str, *, whole: bool) -> Dialect:
    r"""Tell the dialect from the beginning of a file; `whole` says that it is all of the file.

    >>> sniff("a;b\n1,5;2\n", whole=True).separator
    ';'
    >>> sniff("sep=;\na;b\n1;2\n", whole=True).above
    1
    >>> sniff("id\ttext\n1\tthe \"end\n2\tfine\n", whole=True).quoted
    False
    >>> sniff("1 2.5 x\n2   3.5 y\n", whole=True)
    Dialect(separator='blanks', quoted=True, backslash=False, padded=False, above=0, header=False, width=3)
    """
    lines = lines_of(head)
    if not whole and len(lines) > 1:
        lines = lines[:-1]
    told = EXCEL.match(lines[0]) if lines else None
    lines = lines[1:] if told else lines
    candidates = [told[1]] if told else [*SEPARATORS, BLANKS, ALONE]
    best = max(
        (
            _scored(lines, separator, quoted, rank, whole)
            for rank, separator in enumerate(candidates)
            for quoted in (True, False)
        ),
        key=lambda one: one[0],
    )[1]
    above = _above(lines, best)
    rows = [split(one, best) for one in records(lines[above:], best)[0][:LOOKED]]
    return Dialect(
        separator=best.separator,
        quoted=best.quoted,
        backslash=best.backslash,
        padded=best.padded,
        above=above + (1 if told else 0),
        header=has_header(rows),
        width=best.width,
    )


def _scored(
    lines: Sequence[str], separator: str, quoted: bool, rank: int, whole: bool
) -> tuple[tuple[float, ...], Dialect]:
    """Judge one way to split: the share of records of the usual width, and how many values that is."""
    some = lines[: LOOKED * 4]
    backslash = quoted and any('\\"' in line for line in some) and not any('""' in line for line in some)
    padded = separator != BLANKS and _padded(some, separator)
    draft = Dialect(separator=separator, quoted=quoted, backslash=backslash, padded=padded, width=1)
    found, unclosed = records(some, draft)
    try:
        rows = [split(one, draft) for one in found[:LOOKED]]
    except csv.Error:
        rows = []
    widths = Counter(len(row) for row in rows)
    if not widths:
        return (-1.0,), draft
    width = max(widths, key=lambda one: (widths[one] * (one > 1), one))
    rest = rows[1:] or rows
    share = sum(len(row) == width for row in rest) / len(rest)
    blank = separator == BLANKS
    several = width > 1 and share >= (0.9 if blank else USUAL) and not (blank and len(rows) < 2)
    torn = _torn(found[:LOOKED], draft) + (unclosed and (whole or len(some) < len(lines))) if quoted else 0
    mostly = 2 * torn > sum('"' in one for one in found[:LOOKED]) + unclosed
    across = quoted and any("\n" in one for one in found) and _alone(found, draft, width)
    dialect = Dialect(separator=separator, quoted=quoted, backslash=backslash, padded=padded, width=width)
    fits = (
        float(several or separator == ALONE),
        round(share, 2),
        float(len(rows[0]) == width),
        float(not blank),
        float(quoted),
        float(width),
        -float(rank),
    )
    return (float(several), -float(mostly or across), *fits), dialect


def _alone(found: Sequence[str], dialect: Dialect, width: int) -> bool:
    """Tell whether quotes that join lines are characters like others: few, and each line is a record without them."""
    joined = [one for one in found if "\n" in one]
    if width < 2 or 2 * sum('"' in one for one in found) > len(found):
        return False
    plain = replace(dialect, quoted=False, backslash=False)
    return all(len(split(line, plain)) == width for one in joined for line in one.split("\n"))


def _padded(lines: Sequence[str], separator: str) -> bool:
    """Tell whether a blank follows every separator outside of quotes (values of texts hold some anyhow)."""
    seen = [line for line in lines if separator in line][:LOOKED]
    return (
        bool(seen)
        and separator != "\t"
        and all(
            piece.startswith(" ") or not piece
            for line in seen
            for piece in re.sub(r'"[^"]*"', "", line).split(separator)[1:]
        )
    )


def _torn(records: Sequence[str], dialect: Dialect) -> int:
    """Count the records with a quote that stands where no quoted value begins or ends."""
    mark = re.escape(" " if dialect.separator == BLANKS else dialect.separator)
    blank = " *" if dialect.padded or dialect.separator == BLANKS else ""
    value = re.compile(rf'(?:^|(?<={mark})){blank}"(?:[^"]|"")*"{blank}(?={mark}|$)')
    count = 0
    for text in records:
        if '"' in text:
            inside = text.replace("\\\\", "").replace('\\"', "") if dialect.backslash else text
            count += '"' in value.sub("", inside)
    return count


def _above(lines: Sequence[str], dialect: Dialect) -> int:
    """Count the lines above the first record of the usual width: titles, notes, comments, empty lines."""
    for at, line in enumerate(lines[: MOST_ABOVE + 1]):
        if not line.strip() or (line.startswith(COMMENT) and not _names(lines, at, dialect)):
            continue
        cells = split(line, dialect) if not (dialect.quoted and open_quote(line, dialect)) else [line]
        filled = sum(bool(cell.strip()) for cell in cells)
        enough = (filled >= 2 or not cells[0].strip()) if dialect.width == 2 else 2 * filled > dialect.width
        if dialect.width == 1 or (len(cells) >= dialect.width - 1 and enough):
            return at
        if dialect.quoted and open_quote(line, dialect):
            return at
    return 0


def _names(lines: Sequence[str], at: int, dialect: Dialect) -> bool:
    """Tell whether a line that begins as a comment does names the columns: it fits, and the next line is a row."""
    rows = [split(line, dialect) for line in lines[at : at + LOOKED] if line.strip()]
    if len(rows) < 2 or len(rows[0]) != dialect.width or lines[at + 1].startswith(COMMENT):
        return False
    return not _above_numbers(rows[1:])


def _above_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record has a word above a column of numbers."""
    for at, cell in enumerate(rows[0]):
        below = [row[at].strip() for row in rows[1:] if at < len(row) and row[at].strip()]
        numbers = sum(bool(NUMBER.fullmatch(one)) for one in below)
        if below and numbers >= 0.9 * len(below) and not NUMBER.fullmatch(cell.strip()):
            return True
    return False


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record names the columns: no number above numbers, unless they are years.

    >>> has_header([["age", "town"], ["41", "Rome"]]), has_header([["41", "Rome"], ["27", "Oslo"]])
    (True, False)
    >>> has_header([["land", "2019", "2020"], ["Italy", "4", "5"]]), has_header([["a", "b"]])
    (True, True)
    """
    if len(rows) < 2:
        return True
    first, rest = rows[0], rows[1:]
    if len(first) == len(set(first)) and sum(bool(YEAR.fullmatch(cell)) for cell in first) >= 2:
        numbers = [cell for cell in first if NUMBER.fullmatch(cell.strip())]
        if all(YEAR.fullmatch(cell) for cell in numbers) and len(numbers) < len(first):
            return True
    for at, cell in enumerate(first):
        if NUMBER.fullmatch(cell.strip()):
            below = [row[at].strip() for row in rest if at < len(row) and row[at].strip()]
            if below and sum(bool(NUMBER.fullmatch(one)) for one in below) >= 0.9 * len(below):
                return False
    return True
