"""Print text that a checkout or its data may have written."""

from typing import TextIO

from trainerspec.diagnostics.render import as_text, harmless


def say(text: str = "", *, end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """Print text in which names and values of a checkout or its data stand: they move no cursor of the terminal."""
    print(harmless(text), end=end, file=file, flush=flush)


def say_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON for a program; on a terminal too it is nothing but text."""
    print(as_text(value, indent), flush=True)
