"""How examples are shown on the page about the data: pictures with the box that the phrase means."""

import html
from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.pictures import thumbnails

KINDS: Mapping[str, str] = {"image": "picture", "phrase": "text", "box": "box"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = False
"""Whether an example takes the whole width of the page."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    paths = frame["image"].unique(maintain_order=True)
    width, height = thumbnails.sizes(paths.to_list())
    areas = frame.select("image").join(pl.DataFrame({"image": paths, "area": width * height}), on="image", how="left")
    box = frame["box"]
    inside = (box.list.get(2) - box.list.get(0)) * (box.list.get(3) - box.list.get(1))
    words = frame["phrase"].str.count_matches(r"\S+")
    return {"percent of the picture in the box": 100 * inside / areas["area"], "words of the phrase": words}


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows whose pictures are nearly the same, though they are other files."""
    first = frame.with_row_index("at").unique("image", keep="first", maintain_order=True)
    places = first["at"].to_list()
    return [(places[one], places[other], share) for one, other, share in thumbnails.alike(first["image"].to_list())]


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    phrase, box = str(row["phrase"]), row["box"]
    assert isinstance(box, list)
    picture = thumbnails.shown(str(row["image"]), f"{phrase}, in a box", box)
    return f"<figure>{picture}<figcaption>{html.escape(phrase)}</figcaption></figure>"


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
