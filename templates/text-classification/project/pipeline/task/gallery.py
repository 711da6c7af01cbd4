"""How examples are shown on the page about the data: texts, cut where they are long."""

import html
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.reading import near
from pipeline.task import augment, data

KINDS: Mapping[str, str] = {"text": "text"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = True
"""Whether an example takes the whole width of the page."""
SHOWN = 6
"""Varied texts that are shown."""
LONGEST = 400
"""Characters of a text that are shown."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    texts = pl.Series(data.texts(frame), dtype=pl.String)
    return {"characters": texts.str.len_chars(), "words": texts.str.count_matches(r"\S+")}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows that are nearly the same, with their likeness from 0 to 1."""
    return near.pairs(data.texts(frame))


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    (text,) = data.texts(pl.DataFrame([row], infer_schema_length=None))
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"<blockquote>{html.escape(cut)}</blockquote>"


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after."""
    copies = augment.varied(train, how) if (how := augment.asked(settings)).asked else train.clear()
    some = copies.gather_every(max(1, copies.height // SHOWN)).head(SHOWN)
    before = train.filter(pl.col("id").is_in(some["id"].to_list()))
    pairs_of = zip(before.iter_rows(named=True), some.iter_rows(named=True), strict=True)
    return copies.height, [(example(one), example(other)) for one, other in pairs_of]
