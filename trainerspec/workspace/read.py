"""Read texts, and say as diagnostics what the reader of all data says."""

from collections.abc import Sequence
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.reading import content
from trainerspec.reading.notes import Note, Unreadable
from trainerspec.workspace.listing import locate

SHOWN = 5
"""How many files with the same problem are named one by one."""


CODES = {"empty": "TS402", "missing": "TS401", "unreadable": "TS403", "encoding": "TS404"}
"""The code for each kind of note that stops the reader; TS413 for others."""


def diagnosed(note: Note, path: Path) -> Diagnostic:
    """Say as a diagnostic why the reader stopped."""
    file = str(path if path.is_file() or not note.file else path / note.file)
    return Diagnostic(code=CODES.get(note.kind, "TS413"), message=note.message, hint=note.hint, file=file)


def texts(path: Path, names: Sequence[str], most: int) -> tuple[list[str | None], list[Diagnostic]]:
    """Read UTF-8 files until `most` bytes are read; an empty file counts as missing (None)."""
    values: list[str | None] = []
    problems: list[Diagnostic] = []
    size = 0
    for name in names:
        one = locate(path, name)
        try:
            found = content.text(one.read_bytes(), one)
        except OSError as error:
            problems.append(diagnosed(content.unreadable(one, error), one))
            continue
        except Unreadable as error:
            problems.append(diagnosed(error.note, one))
            continue
        values.append(found.decode().strip() or None)
        size += len(found)
        if size >= most:
            break
    return values, _shorten(problems)


def unreadable(path: Path, name: str, error: OSError) -> Diagnostic:
    """Say that the file cannot be opened."""
    return diagnosed(content.unreadable(path, error), path)


def _shorten(problems: list[Diagnostic]) -> list[Diagnostic]:
    if len(problems) <= SHOWN:
        return problems
    rest = len(problems) - SHOWN
    more = Diagnostic(code=problems[SHOWN].code, message=f"{rest} more files cannot be read", file=problems[SHOWN].file)
    return [*problems[:SHOWN], more]
