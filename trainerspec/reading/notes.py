"""What a reader has to say about the data: what it left out, what it changed, and what stops it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "missing", "empty", "unreadable", "encoding", "format", "archive", "package",
    "ragged", "quote", "preamble", "footer", "header", "names", "nameless", "columns", "files", "nested", "mixed",
]  # fmt: skip
"""What a note is about."""


@dataclass(frozen=True, kw_only=True)
class Note:
    kind: Kind
    message: str
    """What is so; names in backticks, lower case, no full stop."""
    file: str = ""
    line: int | None = None
    """Physical line in the file, from 1."""
    rows: int = 0
    """Rows that are left out for this reason."""
    lines: tuple[int, ...] = ()
    """The physical lines of those rows."""
    hint: str = ""
    severity: Literal["info", "warning"] = "warning"


class Unreadable(Exception):
    """The data cannot be read at all; carries one Note."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.message)
        self.note = note


def listed(lines: tuple[int, ...] | list[int], most: int = 5) -> str:
    """Name lines for a message.

    >>> listed([3]), listed([3, 9]), listed([1, 2, 3, 4, 5, 6, 7])
    ('line 3', 'lines 3, 9', 'lines 1, 2, 3, 4, 5 and 2 more')
    """
    shown = ", ".join(str(line) for line in lines[:most])
    rest = len(lines) - most
    return f"line{'s' if len(lines) != 1 else ''} {shown}" + (f" and {rest} more" if rest > 0 else "")
