"""Draw what evaluation found: estimated over true hours, and the comparison with the baseline."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting import charts


def draw(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.float64],
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    estimated = np.asarray(answers["quantiles"], dtype=np.float64)[:, 1]
    worst = np.argsort(-np.abs(truth - estimated), kind="stable")[:20]
    listed = frame[worst.tolist()].with_columns(pl.Series("estimated", estimated[worst].round(2)))
    listed.drop("key").write_csv(tables / "errors.csv")
    figure, axes = charts.canvas(5, 4.4, "Estimated over true hours")
    axes.scatter(truth, estimated, s=9, color=charts.BLUE)
    axes.plot([0, truth.max()], [0, truth.max()], color=charts.GREY, linewidth=1)
    charts.save(figure, pictures / "estimated.png")
    rows = {"this model": (values["mae"], bounds["mae.low"], bounds["mae.high"])}
    rows |= {name: (found["mae"],) * 3 for name, found in baselines.items()}
    charts.bars(rows, "Mean absolute error in hours", pictures / "baselines.png")
