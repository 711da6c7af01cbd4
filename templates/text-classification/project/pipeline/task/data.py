"""Read texts and their labels: class folders of .txt files, or one table. Used by prepare and evaluation."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PART, PLACE, PROBLEM
from pipeline.reading import folders


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a text, with the data's columns, PLACE and KEY; an empty text is null."""
    text, label = inputs["text"], outputs["label"]
    if layout == "folders":
        frame = read_folders(source, text, label)
    else:
        frame = table_files.read(source, (text, label), (text, label))
    if text in frame.columns and frame.schema[text] == pl.String:
        stripped = pl.col(text).str.strip_chars()
        frame = frame.with_columns(pl.when(stripped == "").then(None).otherwise(pl.col(text)).alias(text))
        keys = [table_files.text_key(value) for value in frame[text].to_list()]
        frame = frame.with_columns(pl.Series(KEY, keys, dtype=pl.String))
        frame = table_files.disputed(frame, label, "text") if label in frame.columns else frame
    return frame


def read_folders(source: Path, text: str, label: str) -> pl.DataFrame:
    """Read the texts of class folders, in the order of names; what is in no class folder is left out, with a note."""
    listed = table_files.listing(source, folders.TEXTS)
    return pl.DataFrame(
        {
            text: [table_files.read_text(source / name).strip() for name in listed.files],
            label: list(listed.classes),
            PLACE: list(listed.files),
            PART: list(listed.parts),
            PROBLEM: [None if name is not None else "in no class folder" for name in listed.classes],
        },
        schema=dict.fromkeys((text, label, PLACE, PART, PROBLEM), pl.String),
    )


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    chars = frame["text"].str.len_chars()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {f"text.chars.{name}": float(chars.quantile(share, "higher") or 0) for name, share in shares.items()}


def raw(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {"text": frame["text"].to_list()}


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return each row's class, as its place in `labels`."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[label] for label in frame["label"].to_list()], dtype=np.int64)
