"""Read pictures and their captions: class folders, one folder with the class in the file names, or a table of paths.

What cannot be used (damaged files, files that are no pictures) is named in build/data/report.json and left out.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.pictures import picture_files
from pipeline.pictures.picture_files import measure

__all__ = ["measure", "raw", "read"]


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a picture: its path, its caption, the data's other columns, PLACE, KEY and PROBLEM."""
    return picture_files.read(source, layout, outputs["image"], inputs["prompt"])


def raw(frame: pl.DataFrame) -> dict[str, list[str | int]]:
    """Return requests for a prepared split: its captions, each with a seed of its own."""
    return {"prompt": list(frame["prompt"].to_list()), "seed": list(range(frame.height))}
