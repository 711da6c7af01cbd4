"""Places: character offsets, lines and columns, JSON pointers."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from trainerspec.ir.document import Document
from trainerspec.ir.source import Pointer, Span


class Lines:
    """Turns character offsets into lines and columns. Lines end with LF, CR LF or CR, as in YAML 1.2."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def span(self, start: int, end: int) -> Span:
        """Return the span of the characters from start up to end."""
        line = bisect_right(self.starts, start)
        end_line = bisect_right(self.starts, end)
        return Span(
            file=self.name,
            line=line,
            column=start - self.starts[line - 1] + 1,
            end_line=end_line,
            end_column=end - self.starts[end_line - 1] + 1,
        )

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a line and column."""
        return self.starts[line - 1] + column - 1


def escape(key: str) -> str:
    """Escape one key for a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """Undo `escape`."""
    return part.replace("~1", "/").replace("~0", "~")


def pointer_of(parts: Iterator[str | int] | list[str | int] | tuple[str | int, ...]) -> Pointer:
    """Join keys and indexes to a JSON pointer."""
    return "".join(f"/{escape(str(part))}" for part in parts)


def inside(document: Document, pointer: Pointer, start: int, end: int) -> Span | None:
    """Return the span of characters start to end of a text value, or of all of it when it spans lines or escapes."""
    span = document.values.get(pointer)
    if span is None:
        return document.place(pointer)
    lines = Lines(span.file, document.source.text)
    first, last = lines.offset(span.line, span.column), lines.offset(span.end_line, span.end_column)
    written = document.source.text[first:last]
    value = document.data
    found: object = value
    for part in pointer.split("/")[1:]:
        found = found[int(part)] if isinstance(found, list) else found[unescape(part)]  # type: ignore[index]
    if not isinstance(found, str):
        return span
    shift = 1 if written[:1] in ("'", '"') and written[1:-1] == found else 0
    if not shift and written != found:
        return span
    begin = min(first + shift + start, last)
    return lines.span(begin, max(begin, min(first + shift + end, max(last - shift, begin + 1))))
