"""How examples are shown on the page about the data: a card with the values of a row.

The tasks on tables share this file; every other task brings its own.
"""

import html
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params

KINDS: Mapping[str, str] = {}
"""What roles hold, where the type of a column does not tell it."""
WIDE = False
"""Whether an example takes the whole width of the page."""
LONGEST = 80
"""Characters of a value."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people: none but its columns."""
    return {}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows that are nearly the same, with their likeness from 0 to 1: none of a table."""
    return []


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    made = []
    for name, value in row.items():
        text = "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
        text = text.removesuffix("T00:00:00")
        cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        made.append(f"<dt>{html.escape(name)}</dt><dd>{html.escape(cut)}</dd>")
    return f"<dl>{''.join(made)}</dl>"


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
