"""Draw what evaluation found: predicted and true values, residuals, each column, baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.evaluating import deciles
from pipeline.graph.inference import Arrays
from pipeline.reporting import charts, spreadsheets
from pipeline.tables import permutation_importance
from pipeline.task import metrics, processing

WORST = 20
"""Errors that are listed."""
NAMES = {"trivial": "mean of the training rows", "linear": "linear regression"}


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
    said, interval = np.asarray(answers["value"], np.float64), np.asarray(answers["interval"], np.float64)
    found = {"actual": truth, "predicted": said, "low": interval[:, 0], "high": interval[:, 1]}
    spreadsheets.write(pl.DataFrame({"id": frame["id"], **found}), tables / "predictions.csv")
    spreadsheets.write(errors(frame, truth, said, interval), tables / "errors.csv")
    charts.points(
        truth, said, "Predicted over true value", ("true", "predicted"), pictures / "predicted.png", equal=True
    )
    charts.points(
        said,
        truth - said,
        "What is left over the predicted value",
        ("predicted", "true - predicted"),
        pictures / "residuals.png",
    )
    charts.histogram(truth - said, "What is left", "true - predicted", pictures / "errors.png")
    deciles.draw(truth, said, interval, metrics.COVERED, tables, pictures)
    compared = {"this model": (values["rmse"], bounds["rmse.low"], bounds["rmse.high"])}
    compared |= {NAMES[name]: (one["rmse"],) * 3 for name, one in baselines.items()}
    charts.bars(compared, "Root mean squared error beside simple baselines", pictures / "baselines.png", reach=0.0)

    def loss(given: Arrays, part: slice) -> float:
        return float(((np.asarray(given["value"], np.float64) - truth[part]) ** 2).mean() ** 0.5)

    permutation_importance.draw(
        frame,
        processing.load(permutation_importance.ARTIFACT),
        loss,
        "root mean squared error",
        tables / "columns.csv",
        pictures / "columns.png",
    )


def errors(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.float64],
    said: npt.NDArray[np.float64],
    interval: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """List the rows that are farthest off, with the columns that were read."""
    worst = np.argsort(-np.abs(truth - said), kind="stable")[:WORST]
    told = {
        "actual": truth[worst],
        "predicted": said[worst],
        "low": interval[worst, 0],
        "high": interval[worst, 1],
    }
    read: pl.DataFrame = frame[worst.tolist()].drop("value", "key")
    rounded = pl.DataFrame(told).with_columns(pl.all().round_sig_figs(5))
    return read.select("id").hstack(rounded).hstack(read.drop("id"))
