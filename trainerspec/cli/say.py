"""Print text that a checkout or its data may have written."""

from typing import TextIO

from trainerspec.diagnostics.render import harmless


def say(text: str = "", *, end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """Print text in which names and values of a checkout or its data stand: they move no cursor of the terminal."""
    print(harmless(text), end=end, file=file, flush=flush)
