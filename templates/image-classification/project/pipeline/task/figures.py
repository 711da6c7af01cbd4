"""Draw what evaluation found: confusion, calibration, each class, comparison with baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.figure import Figure

from pipeline.base.per_class import of_class
from pipeline.reporting import charts
from pipeline.reporting.classification_metrics import calibration, confusion
from pipeline.task import data
from pipeline.task.processing import read

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
    answered = probabilities.argmax(axis=1)
    matrix = confusion(truth, answered, len(labels))
    pairs = [(labels[row], labels[column], int(matrix[row, column])) for row, column in np.ndindex(matrix.shape)]
    pl.DataFrame(pairs, schema=["actual", "predicted", "count"], orient="row").write_csv(tables / "confusion.csv")

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    f1 = {label: bounded(of_class("f1", label)) for label in labels}
    counts = [int((truth == index).sum()) for index in range(len(labels))]
    rows = [(label, *f1[label], count) for label, count in zip(labels, counts, strict=True)]
    columns = ["class", "f1", "low", "high", "pictures"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(tables / "classes.csv")
    found = errors(frame, truth, answered, probabilities, labels)
    found.write_csv(tables / "errors.csv")

    charts.confusion(matrix, labels, pictures / "confusion.png")
    charts.calibration(calibration(truth, probabilities), values["ece"], pictures / "calibration.png")
    charts.bars(f1, "F1 of each class, with its 95% interval", pictures / "classes.png")
    beside = {NAMES[name]: (other["accuracy"],) * 3 for name, other in baselines.items()}
    charts.bars(
        {"this model": bounded("accuracy")} | beside, "Accuracy beside simple baselines", pictures / "baselines.png"
    )
    if found.height:
        show(frame, found, pictures / "errors.png")


def errors(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.int64],
    answered: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    labels: tuple[str, ...],
) -> pl.DataFrame:
    """List the wrong answers that were most certain."""
    wrong = np.flatnonzero(truth != answered)
    sure = probabilities.max(axis=1)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    columns = {
        "id": [frame["id"][int(index)] for index in worst],
        "actual": [labels[truth[index]] for index in worst],
        "predicted": [labels[answered[index]] for index in worst],
        "score": [round(float(sure[index]), 4) for index in worst],
    }
    return pl.DataFrame(columns, schema_overrides={"id": pl.String, "actual": pl.String, "predicted": pl.String})


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
