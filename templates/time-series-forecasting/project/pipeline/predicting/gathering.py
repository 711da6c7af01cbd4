"""Gather the rows of each series of a long table into one request, and spread its forecast over a row a step.

The table is one as the model was trained on; what it holds last of a series is what is forecast from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.base import contract
from pipeline.predicting.requests import Wanted
from pipeline.predicting.source import PLACE, PROBLEM
from pipeline.reading.values.steps import steps
from pipeline.series import grid, table
from pipeline.series.grid import AT, NAME, STEP, VALUE
from pipeline.series.windows import written
from pipeline.server.bundle import Bundle

WHOLE = True
SCHEMA = {
    "row": pl.String,
    "step": pl.Int64,
    "time": pl.String,
    "forecast": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "problem": pl.String,
}


def gathered(frame: pl.DataFrame, asked: Wanted, bundle: Bundle) -> pl.DataFrame:
    """Return a row a series: its history, the time of the last value, its name. Raises Failure TS825."""
    settings = bundle.settings
    time, value = settings.renames("inputs")["time"], settings.renames("outputs")["value"]
    known = steps(settings.text("data.frequency"))
    rows = table.typed(frame, settings, Path("the table"))
    placed = grid.placed(rows, time, value, settings.texts("data.series"), known)
    good = placed.drop_nulls([NAME, AT, STEP, VALUE]).unique([NAME, STEP], keep="first", maintain_order=True)
    found, most = list(grid.laid(good)), settings.integer("data.context")
    port = next(port for port in bundle.contract.raw if port.kind == "history")
    histories = contract.stacked(port, [one.values[-most:] for one in found]) if found else np.zeros((0, 1))
    return pl.DataFrame(
        {
            asked.columns["history"]: pl.Series(histories.tolist(), dtype=pl.List(pl.Float64)),
            asked.columns["time"]: pl.Series([written(one.last) for one in found], dtype=pl.String),
            asked.columns["series"]: pl.Series([one.name for one in found], dtype=pl.String),
            PLACE: pl.Series([one.name or "series" for one in found], dtype=pl.String),
            PROBLEM: pl.Series([None] * len(found), dtype=pl.String),
        }
    )


def spread(answers: pl.DataFrame) -> pl.DataFrame:
    """Return a row a step: the series, the step, its time, the forecast and its interval; one where there is none."""
    rows = [made for place in range(answers.height) for made in _steps(answers.row(place, named=True))]
    return pl.DataFrame(rows, schema=SCHEMA)


def _steps(answer: Mapping[str, object]) -> list[dict[str, object]]:
    if answer["problem"] is not None:
        return [{"row": answer["row"], "problem": answer["problem"]}]
    horizon = sum(name.startswith("forecast.") for name in answer)
    times = json.loads(str(answer["times"])) or [None] * horizon
    return [
        {
            "row": answer["row"],
            "step": step + 1,
            "time": times[step],
            "problem": None,
            "forecast": answer[f"forecast.{step}"],
            "low": answer[f"interval.{2 * step}"],
            "high": answer[f"interval.{2 * step + 1}"],
        }
        for step in range(horizon)
    ]
