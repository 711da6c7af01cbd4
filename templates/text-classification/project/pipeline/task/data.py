"""Read texts and their labels: class folders of .txt files, or one table. Used by prepare and evaluation.

A text may come in several columns (a subject and a body); processing.py reads them as one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.params import Params
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PART, PLACE, PROBLEM
from pipeline.reading import folders
from pipeline.reading.values import joined_texts


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a text, with the data's columns, PLACE and KEY; an empty text is null.

    A row of several columns that lacks only some of them has empty texts there.
    """
    columns, label = list(inputs.values()), outputs["label"]
    if layout == "folders":
        frame = read_folders(source, columns[0], label)
    else:
        frame = table_files.read(source, (*columns, label), (*columns, label))
    if any(frame.schema.get(column) != pl.String for column in columns):
        return frame
    written = [pl.when(pl.col(one).str.strip_chars() != "").then(pl.col(one)).alias(one) for one in columns]
    values = frame.select(written)
    some = pl.any_horizontal(pl.all().is_not_null())
    frame = frame.with_columns(values.with_columns(pl.when(some).then(pl.all().fill_null(""))).get_columns())
    whole = joined_texts.joined({one: frame[one].fill_null("").to_list() for one in columns})
    frame = frame.with_columns(
        pl.Series(KEY, [table_files.text_key(text) if text else None for text in whole], dtype=pl.String)
    )
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


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    chars = pl.Series(texts(frame), dtype=pl.String).str.len_chars()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {f"text.chars.{name}": float(chars.quantile(share, "higher") or 0) for name, share in shares.items()}


def raw(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Return the raw inputs of a prepared split, as a request has them: the text, or each of its columns."""
    roles = [name for name in frame.columns if name.partition(".")[0] == "text"]
    return {role.partition(".")[2] or role: frame[role].to_list() for role in roles}


def texts(frame: pl.DataFrame) -> list[str]:
    """Return each row's text; of several columns what they hold together."""
    return joined_texts.joined(raw(frame))


def fields(settings: Params) -> tuple[str, ...]:
    """Return the names of the texts of a request, in the order in which they are read."""
    return tuple(str(port["name"]) for port in settings.mappings("contract.raw"))


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return each row's class, as its place in `labels`."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[label] for label in frame["label"].to_list()], dtype=np.int64)


class Reader(Protocol):
    """What turns texts into token ids: the Processor of task/processing.py."""

    def tokens(self, texts: Sequence[str], /) -> list[list[int]]: ...


def token_rows(processor: Reader, frame: pl.DataFrame) -> list[list[int]]:
    """Return the token ids of each row: by the processor's `rows`; one of custom/ may have `tokens` alone."""
    rows = getattr(processor, "rows", None)
    if rows is None:
        return processor.tokens(texts(frame))
    found: list[list[int]] = rows(raw(frame))
    return found
