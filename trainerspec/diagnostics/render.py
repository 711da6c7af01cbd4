"""Diagnostics for people (text), for programs (json), and for reviews (github)."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Literal
from unicodedata import combining, east_asian_width

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Source, Span

Format = Literal["text", "json", "github"]
WIDEST = 160
"""Characters of a source line that are shown."""
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "dim": "\x1b[2m", "hint": "\x1b[36m", "end": "\x1b[0m"}


_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render(
    diagnostics: Iterable[Diagnostic], sources: Iterable[Source] = (), form: Format = "text", *, colour: bool = False
) -> str:
    """Write diagnostics; with their source lines where a source is given. Empty when there are none (json: `[]`).

    >>> print(render([Diagnostic(code="TS201", message="unknown key `x`", file="t.yaml")]), end="")
    t.yaml: TS201 unknown key `x`
    """
    found = list(diagnostics)
    if form == "json":
        return as_text([as_json(one) for one in found], indent=2) + "\n"
    if form == "github":
        return "".join(_github(one) + "\n" for one in found)
    by_name = {source.name: source for source in sources}
    painter = _COLOURS if colour else dict.fromkeys(_COLOURS, "")
    return "".join("\n".join(_text(one, by_name, painter)) + "\n" for one in found)


def as_text(value: object, indent: int | None = None) -> str:
    r"""Return JSON that a terminal shows as it is: what would act on it, or is no character, is escaped.

    >>> print(as_text({"name": "caf\u00e9 \u202e\x9b"}))
    {"name": "café \u202e\u009b"}
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Count in words: `2 errors, 1 warning`; empty when there is nothing to count."""
    found = list(diagnostics)
    parts = []
    for severity in ("error", "warning"):
        number = sum(one.severity == severity for one in found)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def as_json(one: Diagnostic) -> dict[str, object]:
    """Return a diagnostic as plain data; lines and columns count from 1."""
    span = one.span
    plain: dict[str, object] = {
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "hint": one.hint,
        "file": span.file if span else one.file,
    }
    if span:
        plain |= {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}
    return plain


def _github(one: Diagnostic) -> str:
    span = one.span
    place = f"file={_property(span.file if span else one.file)}"
    if span:
        place += f",line={span.line},endLine={span.end_line},col={span.column},endColumn={span.end_column}"
    text = f"{one.message}\n{one.hint}" if one.hint else one.message
    return f"::{one.severity} {place},title={one.code}::{_message(text)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _text(one: Diagnostic, sources: dict[str, Source], paint: dict[str, str]) -> Iterator[str]:
    span = one.span
    place = f"{span.file}:{span.line}:{span.column}: " if span else f"{one.file}: " if one.file else ""
    word = "warning: " if one.severity == "warning" else ""
    yield f"{visible(place)}{paint[one.severity]}{one.code}{paint['end']} {word}{visible(one.message)}"
    source = sources.get(span.file) if span else None
    if span is None or source is None:
        if one.hint:
            yield f"  {paint['hint']}{visible(one.hint)}{paint['end']}"
        return
    yield from _excerpt(span, source, one, paint)


def _excerpt(span: Span, source: Source, one: Diagnostic, paint: dict[str, str]) -> Iterator[str]:
    lines = source.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    skip = max(0, start - WIDEST // 2) if len(line) > WIDEST else 0
    shown = visible(line[skip : skip + WIDEST])
    number = f"{span.line:>4}"
    before = width(visible(line[skip:start]))
    marks = "^" * max(1, width(visible(line[start : min(end, skip + WIDEST)])))
    yield f"{paint['dim']}{number} |{paint['end']} {shown}"
    hint = f" {paint['hint']}{visible(one.hint)}{paint['end']}" if one.hint else ""
    gutter = " " * len(number)
    yield f"{paint['dim']}{gutter} |{paint['end']} {' ' * before}{paint[one.severity]}{marks}{paint['end']}{hint}"


def visible(text: str) -> str:
    """Make control characters harmless for a terminal; a tab becomes one space."""
    return "".join(" " if c == "\t" else c if c.isprintable() or c == " " else f"<U+{ord(c):04X}>" for c in text)


def harmless(text: str) -> str:
    """Write out what makes a terminal do more than show text: control characters, and those that turn its direction.

    Half of a character too, as names of files and JSON may hold it: no terminal can be sent that.

    >>> harmless("a\\x1b[2Jb\\n\\tc")
    'a<U+001B>[2Jb\\n\\tc'
    """
    return _ACTS.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def width(text: str) -> int:
    """Count terminal columns; wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
