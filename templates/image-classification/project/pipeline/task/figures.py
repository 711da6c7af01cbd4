"""Draw what evaluation found: confusion, calibration, each class, comparison with baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.figure import Figure

from pipeline.evaluating import classification_figures
from pipeline.evaluating.classification_figures import Answers
from pipeline.pictures.decoding import read
from pipeline.reporting import charts, spreadsheets
from pipeline.task import data

WORST = 24
"""Errors that are listed and shown."""
ACROSS = 8
SIDE = 160
NAMES = {"trivial": "most frequent class", "nearest": "nearest neighbours"}


def draw(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.int64],
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    probabilities = np.asarray(answers["probabilities"], dtype=np.float64)
    found = Answers(truth=truth, probabilities=probabilities, labels=labels, values=values, bounds=bounds)
    classification_figures.draw(found, "pictures", tables, pictures)
    beside = {NAMES[name]: measured for name, measured in baselines.items()}
    title = "Accuracy beside simple baselines"
    classification_figures.compare(found, "accuracy", title, beside, pictures / "baselines.png")
    listed = classification_figures.errors(frame, found, classification_figures.worst(found, WORST))
    spreadsheets.write(listed, tables / "errors.csv")
    if listed.height:
        show(frame, listed, pictures / "errors.png")


def show(frame: pl.DataFrame, found: pl.DataFrame, path: Path) -> None:
    """Draw the pictures of the worst errors with what was answered and what is true."""
    raw = data.raw(frame.join(found.select("id"), on="id", how="semi", maintain_order="left"))["image"]
    place = {one: index for index, one in enumerate(frame.filter(pl.col("id").is_in(found["id"].to_list()))["id"])}
    down = -(-found.height // ACROSS)
    figure = Figure(figsize=(1.3 * ACROSS, 1.75 * down + 0.4), layout="constrained")
    figure.suptitle("Wrong answers that were most certain: answered (true)", x=0.01, ha="left", fontweight="bold")
    for cell, axes in enumerate(np.ravel(figure.subplots(down, ACROSS, squeeze=False))):
        axes.axis("off")
        if cell < found.height:
            one = found.row(cell, named=True)
            picture, _ = read(raw[place[one["id"]]], one["id"], SIDE)
            axes.imshow(np.asarray(picture.convert("RGB")), interpolation="nearest")
            axes.set_title(f"{charts.shortened(one['predicted'], 14)}\n({charts.shortened(one['actual'], 14)})", size=8)
    charts.save(figure, path)
