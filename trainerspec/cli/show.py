"""Print diagnostics and rows."""

import sys
from collections.abc import Sequence

from trainerspec.cli.check import Form
from trainerspec.cli.say import say
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.diagnostics.render import render
from trainerspec.ir.source import Source


def show(diagnostics: Sequence[Diagnostic], sources: Sequence[Source], form: Form) -> None:
    """Print diagnostics to standard error as text, JSON or GitHub annotations; nothing when there are none."""
    if diagnostics:
        print(render(diagnostics, sources, form.value, colour=sys.stderr.isatty()), end="", file=sys.stderr)


def rows(table: Sequence[tuple[str, ...]], indent: str = "  ") -> None:
    """Print columns as wide as what they hold; the last one is not padded."""
    for line in columns(table, indent):
        say(line)


def columns(table: Sequence[tuple[str, ...]], indent: str = "  ") -> list[str]:
    """Return the lines of columns that are as wide as what they hold.

    >>> columns([("a", "b"), ("aaa", "bb")])
    ['  a    b', '  aaa  bb']
    """
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)] + [row[-1]] for row in table)
    return [(indent + "  ".join(cells)).rstrip() for cells in padded]
