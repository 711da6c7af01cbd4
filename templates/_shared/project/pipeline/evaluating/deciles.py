"""How far predictions are off, and how often intervals hold, from the smallest predictions to the largest."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting import charts, spreadsheets
from pipeline.reporting.numbers import plain

TENTHS, LEAST = 10, 5
"""Groups of rows, by the size of the prediction, and how many rows each has at least."""
Floats: TypeAlias = npt.NDArray[np.float64]


def table(truth: Floats, said: Floats, interval: Floats) -> pl.DataFrame:
    """Return of each tenth of the rows, the smallest predictions first, what was predicted and how far that is off.

    `bias` is the mean of the true less the predicted value, `deviation` that mean's standard error.

    >>> values = np.arange(20.0)
    >>> table(values + 1, values, np.stack([values, values + 2], axis=1)).select("rows", "bias", "covered").row(0)
    (5, 1.0, 1.0)
    """
    order = np.argsort(said, kind="stable")
    rows = []
    for part in np.array_split(order, max(1, min(TENTHS, len(said) // LEAST))):
        off = truth[part] - said[part]
        inside = (interval[part, 0] <= truth[part]) & (truth[part] <= interval[part, 1])
        rows.append(
            {
                "rows": len(part),
                "from": float(said[part].min()),
                "to": float(said[part].max()),
                "predicted": float(said[part].mean()),
                "actual": float(truth[part].mean()),
                "bias": float(off.mean()),
                "deviation": float(off.std() / len(part) ** 0.5),
                "mean error": float(np.abs(off).mean()),
                "covered": float(inside.mean()),
                "width": float((interval[part, 1] - interval[part, 0]).mean()),
            }
        )
    return pl.DataFrame(rows)


def draw(truth: Floats, said: Floats, interval: Floats, wanted: float, tables: Path, pictures: Path) -> None:
    """Write deciles.csv, deciles.png (true over predicted means) and coverage.png (shares that intervals hold)."""
    found = table(truth, said, interval)
    spreadsheets.write(found.with_columns(pl.selectors.float().round_sig_figs(5)), tables / "deciles.csv")
    figure, axes = charts.canvas(5.2, 4.4, "True over predicted mean, by size of the prediction")
    low, high = float(found["predicted"].min() or 0), float(found["predicted"].max() or 0)  # type: ignore[arg-type]
    axes.plot([low, high], [low, high], color=charts.GREY, linewidth=1, linestyle="--")
    axes.errorbar(
        found["predicted"], found["actual"], yerr=1.96 * found["deviation"], fmt="o", color=charts.BLUE, capsize=3
    )
    axes.set(xlabel="predicted", ylabel="true (bars: 95% interval of the mean)")
    charts.save(figure, pictures / "deciles.png")
    figure, axes = charts.canvas(5.2, 4.4, f"Share of the rows that the interval holds: {wanted:.0%} wanted")
    axes.axhline(wanted, color=charts.GREY, linewidth=1, linestyle="--")
    axes.bar(range(found.height), found["covered"], color=charts.BLUE, width=0.7)
    axes.set_xticks(range(found.height), [plain(value) for value in found["predicted"]], rotation=45, ha="right")
    axes.set(ylim=(0, 1.05), xlabel="predicted, mean of the rows", ylabel="share")
    charts.save(figure, pictures / "coverage.png")
