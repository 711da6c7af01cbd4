"""Boxes of the rows of a table: the form that they have, and whether they lie in their pictures."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.base import params
from pipeline.base.failure import Failure
from pipeline.dataset import table_files
from pipeline.reading.values import boxes
from pipeline.reading.values.boxes import BoxForm

EDGE = "reaches over the edge"
"""What is said of a box that is cut off."""


def agreed(*, corners: bool) -> BoxForm:
    """Return the form of the data's boxes: what the options say, but for those that are `corners` anyhow."""
    options = params.load().mapping("options")
    order = "xyxy" if corners else str(options.get("box") or "xyxy")
    return next(one for one in boxes.FORMS if one.order == order and one.unit == str(options.get("unit") or one.unit))


def check(
    given: Sequence[Sequence[float | None] | None],
    sizes: Sequence[tuple[int, int]],
    form: BoxForm,
    source: Path,
    problems: Sequence[str | None],
) -> None:
    """Raise Failure TS825 when the boxes must be of another form, or more than a fifth does not fit in any."""
    meant = boxes.meant(given, sizes, form)
    told = [problem for problem in problems if problem and problem.startswith("the box")]
    if meant == form and len(told) <= boxes.MANY * len(given):
        return
    message = f"{len(told)} of {len(given)} boxes in `{source}` are not inside their pictures"
    hint = "boxes are x0 y0 x1 y1 in pixels; write `task: {options: {box: xywh}}` when they are x y width height"
    if meant != form:
        message += f": they are not {boxes.told(form)}, but {boxes.told(meant)}"
        hint = f"write `task: {{options: {{box: {meant.order}, unit: {meant.unit}}}}}`"
    first = f"; {told[0]}" if told else ""
    raise Failure("TS825", f"{message}{first}", hint=hint, evidence={"problems": told[:100]})


def unfold(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return a row for each record when `column` stands in a list of records of each row."""
    if column in frame.columns:
        return frame
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
            fields = [field.name for field in dtype.inner.fields]
            if column in fields:
                others = [other for other in frame.columns if other != name and other not in fields]
                return frame.select(*others, name).explode(name).unnest(name)
    return frame


def listed(column: pl.Series) -> pl.Series:
    """Return boxes as lists of numbers; texts such as `[1, 2, 3, 4]` or `1 2 3 4` are read too."""
    try:
        return boxes.numbers(column)
    except pl.exceptions.PolarsError as error:
        hint = "a box is a list of four numbers"
        raise Failure(
            "TS825", f"the column `{column.name}` holds no boxes: {table_files.first_line(error)}", hint=hint
        ) from error
