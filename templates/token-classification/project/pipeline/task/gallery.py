"""How examples are shown on the page about the data: texts with their spans coloured by type."""

import hashlib
import html
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.reading import near

KINDS: Mapping[str, str] = {"text": "text", "spans": "spans"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = True
"""Whether an example takes the whole width of the page."""
LONGEST = 600
"""Characters of a text that are shown."""
HUES = 12
"""Colours of types."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    return {"characters": frame["text"].str.len_chars(), "spans": frame["spans"].list.len()}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows that are nearly the same, with their likeness from 0 to 1."""
    return near.pairs(frame["text"].to_list())


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML; each type of span has a colour and its name."""
    text, spans = str(row["text"]), row["spans"]
    assert isinstance(spans, list)
    made, at = [], 0
    for span in spans:
        start, end, label = int(span["start"]), int(span["end"]), str(span["label"])
        if end > LONGEST:
            break
        marked = f"{html.escape(text[start:end])} <small>{html.escape(label)}</small>"
        made.append(f"{html.escape(text[at:start])}<mark class='hue{hue(label)}'>{marked}</mark>")
        at = end
    rest = text[at:] if len(text) <= LONGEST else f"{text[at : LONGEST - 1]}…"
    return f"<blockquote>{''.join(made)}{html.escape(rest)}</blockquote>"


def hue(label: str) -> int:
    """Return the number of a type's colour: the same on every page.

    >>> hue("PERSON") == hue("PERSON"), 0 <= hue("PLACE") < HUES
    (True, True)
    """
    return hashlib.sha256(label.encode("utf-8", "replace")).digest()[0] % HUES


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
