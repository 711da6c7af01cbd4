"""How examples are shown on the page about the data: pictures under the colours of their classes."""

import html
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.base import params
from pipeline.base.params import Params
from pipeline.pictures import label_maps, overlays, thumbnails
from pipeline.pictures.rasters import IGNORED

KINDS: Mapping[str, str] = {"image": "picture", "label": "classes", "mask": "map of classes"}
"""What roles hold, where the type of a column does not tell it."""
WIDE = False
"""Whether an example takes the whole width of the page."""


def numbers(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return numbers that tell something of each row, by their names for people."""
    width, height = thumbnails.sizes(frame["image"].to_list())
    unmarked = [float((label_maps.decoded(one) == IGNORED).mean()) for one in frame["mask"].to_list()]
    return {
        "classes in the picture": frame["label"].list.len(),
        "share that counts for nothing": pl.Series(unmarked, dtype=pl.Float64),
        "width": width,
        "height": height,
    }


def pairs(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Return the places of rows whose pictures are nearly the same, though they are other files."""
    return thumbnails.alike(frame["image"].to_list())


def example(row: Mapping[str, object]) -> str:
    """Return one row as HTML."""
    labels, mask = row["label"], row["mask"]
    assert isinstance(labels, list)
    assert isinstance(mask, bytes)
    places = label_maps.decoded(mask)
    told = ", ".join(f"{label} {(places == place).mean():.0%}" for place, label in enumerate(labels))
    shown = overlays.over(str(row["image"]), places, colours([str(one) for one in labels]), thumbnails.SIDE)
    picture = thumbnails.embedded(shown, f"{told}, in colours")
    return f"<figure>{picture}<figcaption>{html.escape(told)}</figcaption></figure>"


def colours(labels: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the colour that each class has in every picture; classes that are left out have that of no class."""
    known = params.load().texts("labels")
    every = dict(zip(known, label_maps.palette(known), strict=True))
    return [every.get(label, overlays.UNCOUNTED) for label in labels]


def varied(train: pl.DataFrame, settings: Params) -> tuple[int, list[tuple[str, str]]]:
    """Return how many varied copies join the training split, and some examples before and after: none here."""
    return 0, []
