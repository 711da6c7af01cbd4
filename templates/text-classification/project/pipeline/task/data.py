"""Read texts and their labels: class folders of .txt files, or one table. Used by prepare and evaluation.

A text may come in several columns (a subject and a body); processing.py reads them as one.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PART, PLACE, PROBLEM
from pipeline.dataset.text_rows import fields, measure, raw, texts, token_rows, whole
from pipeline.reading import folders

__all__ = ["fields", "measure", "raw", "read", "texts", "token_rows", "truth"]


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a text, with the data's columns, PLACE and KEY; an empty text is null.

    A row of several columns that lacks only some of them has empty texts there.
    """
    columns, label = list(inputs.values()), outputs["label"]
    if layout == "folders":
        frame = read_folders(source, columns[0], label)
    else:
        frame = table_files.read(source, (*columns, label), (*columns, label))
    frame = whole(frame, columns)
    if KEY not in frame.columns:
        return frame
    return table_files.disputed(frame, label, "text") if label in frame.columns else frame


def read_folders(source: Path, text: str, label: str) -> pl.DataFrame:
    """Read the texts of class folders, in the order of names; what is in no class folder is left out, with a note."""
    listed = table_files.listing(source, folders.TEXTS)
    return pl.DataFrame(
        {
            text: [table_files.read_text(source / name).strip() for name in listed.files],
            label: list(listed.classes),
            PLACE: list(listed.files),
            PART: list(listed.parts),
            PROBLEM: [
                None if name is not None or waits else "in no class folder"
                for name, waits in zip(listed.classes, listed.waiting, strict=True)
            ],
        },
        schema=dict.fromkeys((text, label, PLACE, PART, PROBLEM), pl.String),
    )


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return each row's class, as its place in `labels`."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[label] for label in frame["label"].to_list()], dtype=np.int64)
