"""How examples are shown on the page about the data: pictures with the boxes of their objects."""

import html
from collections import Counter
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.pictures import thumbnails

KINDS: Mapping[str, str] = {"image": "picture", "label": "classes", "box": "boxes"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = False
"""Whether an example takes the whole width of the page."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    width, height = thumbnails.sizes(frame["image"].to_list())
    return {"objects in the picture": frame["label"].list.len(), "width": width, "height": height}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows whose pictures are nearly the same, though they are other files."""
    return thumbnails.alike(frame["image"].to_list())


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    labels, boxes = row["label"], row["box"]
    assert isinstance(labels, list)
    assert isinstance(boxes, list)
    counts = Counter(str(label) for label in labels)
    told = ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items()) or "no object"
    picture = thumbnails.shown(str(row["image"]), f"{told}, in boxes", *boxes)
    return f"<figure>{picture}<figcaption>{html.escape(told)}</figcaption></figure>"


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
