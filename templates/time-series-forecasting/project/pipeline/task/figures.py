"""Draw what evaluation found: forecasts beside what came, errors by step and series, baselines, the worst windows."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting import charts, spreadsheets
from pipeline.series import drawing
from pipeline.task import metrics
from pipeline.task.data import Truth

WORST = 20
"""Windows that are listed."""
DRAWN = 6
"""Series that are drawn."""
NAMES = {"trivial": "the last season again", "theta": "theta method"}
Floats: TypeAlias = npt.NDArray[np.float64]


def draw(
    frame: pl.DataFrame,
    truth: Truth,
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    said = np.asarray(answers["quantiles"], np.float64)
    spreadsheets.write(predictions(frame, truth, said), tables / "predictions.csv")
    each = [metrics.measure(truth[[row]], {"quantiles": said[[row]]}) for row in range(frame.height)]
    about = frame.select("id", "series", "time")
    numbers = pl.DataFrame(each, orient="row").with_columns(pl.all().fill_nan(None).round_sig_figs(5))
    measured = about.hstack(numbers.select(name for name in numbers.columns if name in values))
    worst = "mase" if "mase" in values else "mae"
    order = {"descending": True, "maintain_order": True, "nulls_last": True}
    spreadsheets.write(measured.sort(worst, **order).head(WORST), tables / "errors.csv")
    counted = pl.Series("counted in MASE", metrics.counted(truth).astype(np.int64))
    by_series = measured.with_columns(counted).group_by("series", maintain_order=True)
    told = by_series.agg(pl.len().alias("windows"), pl.col(counted.name).sum(), pl.col(*values).mean())
    spreadsheets.write(told.sort(worst, **order), tables / "series.csv")
    steps = by_step(truth, said)
    spreadsheets.write(steps, tables / "steps.csv")
    drawing.steps(steps, pictures / "steps.png")
    compared = {"this model": (values[worst], bounds[f"{worst}.low"], bounds[f"{worst}.high"])}
    compared |= {NAMES[name]: (one[worst],) * 3 for name, one in baselines.items()}
    charts.bars(compared, f"{worst.upper()} beside simple forecasts", pictures / "baselines.png", reach=0.0)
    for number, row in enumerate(shown(frame)):
        drawing.window(frame.row(row, named=True), said[row], metrics.COVERED, pictures / f"forecast-{number + 1}.png")


def shown(frame: pl.DataFrame) -> list[int]:
    """Return the rows of the newest windows of the first series by name; of few series older windows too."""
    rows = frame.with_row_index("row").sort("series", "time", descending=[False, True])
    newest = rows.group_by("series", maintain_order=True).first()["row"].to_list()
    older = [row for row in rows["row"].to_list() if row not in set(newest)]
    spare = max(0, DRAWN - len(newest))
    return [int(row) for row in [*newest, *older[:: max(1, len(older) // max(1, spare))][:spare]][:DRAWN]]


def predictions(frame: pl.DataFrame, truth: Truth, said: Floats) -> pl.DataFrame:
    """List each step of each window: what came, the forecast and its interval."""
    windows, steps = truth["value"].shape
    columns = {
        "id": [name for name in frame["id"].to_list() for _ in range(steps)],
        "series": [name for name in frame["series"].to_list() for _ in range(steps)],
        "step": np.tile(np.arange(1, steps + 1), windows),
        "actual": truth["value"].ravel(),
        "forecast": said[:, :, 1].ravel(),
        "low": said[:, :, 0].ravel(),
        "high": said[:, :, 2].ravel(),
    }
    return pl.DataFrame(columns).with_columns(pl.col("actual").fill_nan(None))


def by_step(truth: Truth, said: Floats) -> pl.DataFrame:
    """Return for each step ahead the mean error, as a share of that of the last season again, and the coverage."""
    known = np.isfinite(truth["value"])
    counts = np.maximum(1, known.sum(axis=0))
    off = np.where(known, np.abs(truth["value"] - said[:, :, 1]), 0.0)
    scale = truth["scale"][:, None]
    within = known & (said[:, :, 0] <= truth["value"]) & (truth["value"] <= said[:, :, 2])
    scaled = known & np.isfinite(scale)
    shares = np.divide(off, scale, out=np.zeros_like(off), where=scaled).sum(axis=0)
    counted = scaled.sum(axis=0)
    unknown = np.full(len(counts), np.nan)
    return pl.DataFrame(
        {
            "step": np.arange(1, off.shape[1] + 1),
            "values": known.sum(axis=0),
            "mae": off.sum(axis=0) / counts,
            "counted in MASE": counted,
            "mase": np.divide(shares, counted, out=unknown, where=counted > 0),
            "coverage": within.sum(axis=0) / counts,
        }
    ).with_columns(pl.col("mase").fill_nan(None))
