"""Draw forecasts beside what came, and errors by step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting import charts
from pipeline.reporting.charts import BLUE, GREY, INK

BEFORE = 4
"""Horizons of the history that are drawn."""
LEAST_BEFORE = 40


def window(row: Mapping[str, Any], said: npt.NDArray[np.float64], share: float, path: Path) -> None:
    """Draw the end of a history, what came, and the forecast with its interval of a share (steps x quantiles)."""
    truth = np.array(row["value"], np.float64)
    history = np.array(row["history"], np.float64)[-max(LEAST_BEFORE, BEFORE * len(truth)) :]
    figure, axes = charts.canvas(8.2, 3.4, f"{row['series'] or 'Forecast'}: after {row['time']}")
    past, ahead = np.arange(1 - len(history), 1), np.arange(1, len(truth) + 1)
    axes.plot(past, history, color=INK, linewidth=1.2, label="history")
    axes.plot(ahead, truth, color=INK, linewidth=1.2, linestyle=":", marker="o", markersize=3, label="what came")
    axes.plot(ahead, said[:, 1], color=BLUE, linewidth=1.8, label="forecast")
    axes.fill_between(ahead, said[:, 0], said[:, 2], color=BLUE, alpha=0.18, linewidth=0, label=f"{share:.0%} interval")
    axes.axvline(0.5, color=GREY, linewidth=1, linestyle="--")
    axes.set(xlabel="steps")
    axes.legend(frameon=False, loc="upper left", ncols=4, fontsize=8)
    charts.save(figure, path)


def steps(found: pl.DataFrame, path: Path) -> None:
    """Draw the scaled error and the coverage of each step ahead."""
    figure, axes = charts.canvas(6.4, 3.4, "Error by step ahead (1: as repeating the last season errs on the past)")
    axes.plot(found["step"], found["mase"], color=BLUE, linewidth=1.8, marker="o", markersize=3, label="MASE")
    axes.plot(found["step"], found["coverage"], color=GREY, linewidth=1.2, linestyle="--", label="coverage of 80%")
    highest = found["mase"].max()
    axes.set(xlabel="steps ahead", ylim=(0, max(1.05, highest * 1.1 if isinstance(highest, float) else 0.0)))
    axes.legend(frameon=False)
    charts.save(figure, path)
