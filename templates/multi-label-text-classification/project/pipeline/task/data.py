"""Read a table of texts and their labels: a list in a cell, or a column of 0 and 1 for each label.

A text may come in several columns (a subject and a body); processing.py reads them as one.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base import params
from pipeline.base.params import Params
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, LABELS, PROBLEM
from pipeline.dataset.text_rows import fields, measure, raw, texts, token_rows, whole
from pipeline.reading.values import label_lists
from pipeline.reading.values.label_lists import Form

__all__ = ["fields", "measure", "raw", "read", "texts", "token_rows", "truth"]
CLASHING = "this text stands in the data with other labels too"


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a text, with the data's columns, KEY, its labels as a list (LABELS too), and PROBLEM.

    An empty list is a text with none of the labels. Equal texts with different labels are all left out.
    """
    columns, named = list(inputs.values()), outputs["labels"]
    agreed = lists(params.load())
    given = agreed.get("columns")
    marks = [str(one) for one in given] if isinstance(given, list) else []
    answer = marks or [named]
    frame = table_files.read(source, (*columns, *answer), (*columns, *answer))
    if not {*columns, *answer} <= set(frame.columns):
        return frame
    frame = whole(frame, columns)
    found = label_lists.marked(frame, marks) if marks else label_lists.labels(frame[named], form(agreed, frame[named]))
    bad = pl.Series([None if one is not None else "its labels cannot be read" for one in found], dtype=pl.String)
    frame = frame.with_columns(found.alias(named), found.alias(LABELS), bad.alias(PROBLEM))
    return disputed(frame)


def lists(settings: Params) -> Mapping[str, object]:
    """Return how the labels stand in the data, as it was agreed when the project was built."""
    hard = settings.mapping("data.contract").get("hard")
    agreed = hard.get("lists") if isinstance(hard, Mapping) else None
    return dict(agreed) if isinstance(agreed, Mapping) else {}


def form(agreed: Mapping[str, object], values: pl.Series) -> Form:
    """Return the form of a column of lists: a file of lists, or of JSON, needs no separator."""
    told = label_lists.form(values, str(agreed.get("separator") or label_lists.NONE))
    return Form(written="json") if agreed.get("written") == "json" and told.written != "list" else told


def disputed(frame: pl.DataFrame) -> pl.DataFrame:
    """Add to PROBLEM of equal texts with different labels; nothing tells which of them are right."""
    if KEY not in frame.columns:
        return frame
    sets = pl.col(LABELS).list.sort().list.join("\0")
    several = (sets.n_unique().over(KEY) > 1) & pl.col(PROBLEM).is_null() & pl.col(KEY).is_not_null()
    return frame.with_columns(pl.when(several).then(pl.lit(CLASHING)).otherwise(pl.col(PROBLEM)).alias(PROBLEM))


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return 1 where a row carries a label (rows x labels, in their order)."""
    place = {label: index for index, label in enumerate(labels)}
    made = np.zeros((frame.height, len(labels)), dtype=np.int64)
    for row, carried in enumerate(frame["labels"].to_list()):
        made[row, [place[one] for one in carried if one in place]] = 1
    return made
