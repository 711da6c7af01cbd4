"""Take over the labels that the stage `label` gave: used by prepare, where the spec has rows labelled."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.files import read_json
from pipeline.dataset.splits import PARTS
from pipeline.dataset.table_files import KEY, PLACE

FOLDER = Path("build/labels")
TABLE, REPORT = FOLDER / "labels.parquet", FOLDER / "report.json"
PERSON = "person"
"""The source of a label that a person gave."""
SOURCE, CONFIDENCE, GIVEN = "__source", "__confidence", "__given"
"""Columns that are added: who gave the label, how sure it is, and the part of the split that was agreed."""
SHOWN = 100
"""Rows without a label that report.json names."""


def overlay(frame: pl.DataFrame, label: str) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Give each row its label, with SOURCE, CONFIDENCE and GIVEN; leave out and count those that have none.

    What the stage `label` cleaned away is left to prepare.
    """
    made = pl.read_parquet(TABLE).rename(
        {"key": KEY, "label": label, "source": SOURCE, "confidence": CONFIDENCE, "part": GIVEN}
    )
    found = (
        frame.drop(label)
        .join(made, on=KEY, how="left", maintain_order="left")
        .select(*frame.columns, *made.columns[2:])
    )
    dropped: list[dict[str, object]] = []
    for (reason,), rows in found.filter(pl.col("why").is_not_null()).group_by("why", maintain_order=True):
        places = rows[PLACE].head(SHOWN).to_list()
        dropped.append({"step": str(reason), "rows": rows.height, "places": places})
    return found.filter(pl.col("why").is_null()).drop("why"), dropped


def agreed(frame: pl.DataFrame) -> dict[str, pl.DataFrame] | None:
    """Return the parts that the stage `label` agreed on; None where it left the split to prepare.

    Raises Failure TS829 when a part is empty.
    """
    if frame[GIVEN].null_count() == frame.height:
        return None
    parts = {part: frame.filter(pl.col(GIVEN) == part) for part in PARTS}
    for part, rows in parts.items():
        if rows.is_empty():
            hint = "label more rows, in labels/review.csv or in the data"
            raise Failure("TS829", f"the {part} split would be empty: no labelled row is left for it", hint=hint)
    return parts


def columns() -> dict[str, pl.Expr]:
    """Return what the splits say of each label."""
    return {"source": pl.col(SOURCE), "confidence": pl.col(CONFIDENCE)}


def report(parts: Mapping[str, pl.DataFrame]) -> dict[str, object]:
    """Return what is reported of the labels, with their sources by split."""
    sources = {name: dict(rows.group_by(SOURCE).len().sort(SOURCE).iter_rows()) for name, rows in parts.items()}
    return read_json(REPORT) | {"splits": sources}
