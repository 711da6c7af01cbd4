"""How examples are shown on the page about the data: pictures with their captions."""

import html
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.pictures import thumbnails

KINDS: Mapping[str, str] = {"image": "picture", "prompt": "text"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = False
"""Whether an example takes the whole width of the page."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    width, height = thumbnails.sizes(frame["image"].to_list())
    characters = frame["prompt"].str.len_chars()
    return {"width in pixels": width, "height in pixels": height, "characters of the caption": characters}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows that are nearly the same, with their likeness from 0 to 1."""
    return thumbnails.alike(frame["image"].to_list())


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    caption = str(row["prompt"])
    picture = thumbnails.shown(str(row["image"]), caption)
    return f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
