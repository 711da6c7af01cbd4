"""Draw what evaluation found: pictures with the wanted and the predicted box, how overlap is spread, and baselines."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from pipeline.pictures.squares import FINE, rgb, to_pixels
from pipeline.reporting import charts, spreadsheets
from pipeline.task.metrics import iou

WORST = 20
"""Errors that are listed."""
SHOWN = 12
"""Pictures that are drawn on a sheet."""


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
    regions = np.asarray(answers["region"], dtype=np.float64)
    sure = np.asarray(answers["confidence"], dtype=np.float64).reshape(-1)
    overlap = iou(truth, regions)
    wrong = np.flatnonzero(overlap < 0.5)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")]
    spreadsheets.write(listed(frame, worst[:WORST], overlap, sure, regions), tables / "errors.csv")
    spreadsheets.write(by_words(frame, overlap), tables / "phrase_words.csv")
    spread(overlap, pictures / "overlap.png")
    some = np.linspace(0, len(overlap) - 1, min(SHOWN, len(overlap))).astype(int)
    sheet(frame, some, overlap, regions, "Some answers: wanted (green), predicted (blue)", pictures / "answers.png")
    if len(worst):
        title = "The most certain errors: wanted (green), predicted (blue)"
        sheet(frame, worst[:SHOWN], overlap, regions, title, pictures / "errors.png")

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    compared = {"this model": bounded("box_accuracy")}
    if (other := swapped(frame, truth, regions)) is not None:
        compared["given another phrase"] = (other,) * 3
    compared |= {NAMES[name]: (found["box_accuracy"],) * 3 for name, found in baselines.items()}
    charts.bars(compared, "Boxes that overlap by half or more, beside baselines", pictures / "baselines.png")


NAMES = {"trivial": "mean box of the training data", "centre": "middle of the picture"}


def swapped(frame: pl.DataFrame, truth: npt.NDArray[np.float64], regions: npt.NDArray[np.float64]) -> float | None:
    """Return the share of right boxes when each phrase is answered as the picture's next one was: near 0 for a model
    that reads its phrases, near `box_accuracy` for one that looks at the picture alone. None without such pairs.
    """
    rows_of: dict[str, list[int]] = {}
    for row, path in enumerate(frame["image"].to_list()):
        rows_of.setdefault(path, []).append(row)
    pairs = [
        (row, other)
        for rows in rows_of.values()
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)
        if not np.allclose(truth[row, :4], truth[other, :4])
    ]
    if not pairs:
        return None
    asked, answered = (np.array(side) for side in zip(*pairs, strict=True))
    return float((iou(truth[asked], regions[answered]) >= 0.5).mean())


def listed(
    frame: pl.DataFrame,
    rows: npt.NDArray[np.int64],
    overlap: npt.NDArray[np.float64],
    sure: npt.NDArray[np.float64],
    regions: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """List wrong answers with both boxes in pixels."""
    places = [int(row) for row in rows]
    columns = {
        "id": [str(frame["id"][row]) for row in places],
        "picture": [Path(frame["image"][row]).name for row in places],
        "phrase": [" ".join(frame["phrase"][row].split())[:300] for row in places],
        "overlap": [round(float(overlap[row]), 3) for row in places],
        "score": [round(float(sure[row]), 3) for row in places],
        "wanted": [written(np.array(frame["box"][row])) for row in places],
        "predicted": [written(pixels(frame["image"][row], regions[row])) for row in places],
    }
    texts = ("id", "picture", "phrase", "wanted", "predicted")
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(texts, pl.String))


def by_words(frame: pl.DataFrame, overlap: npt.NDArray[np.float64]) -> pl.DataFrame:
    """Return the share of right boxes by the number of words of the phrase."""
    words = frame["phrase"].str.split(" ").list.len().alias("words")
    right = pl.Series("box_accuracy", overlap >= 0.5)
    return (
        pl.DataFrame([words, right])
        .group_by("words")
        .agg(pl.col("box_accuracy").mean(), pl.len().alias("rows"))
        .sort("words")
    )


def spread(overlap: npt.NDArray[np.float64], path: Path) -> None:
    """Draw how the overlaps are spread."""
    figure, axes = charts.canvas(5.2, 3.4, "Overlap with the wanted box (IoU)")
    axes.hist(overlap, bins=20, range=(0, 1), color=charts.BLUE)
    axes.axvline(0.5, color=charts.GREY, linestyle="--", linewidth=1)
    axes.set(xlim=(0, 1), xlabel="overlap", ylabel="phrases")
    charts.save(figure, path)


def sheet(
    frame: pl.DataFrame,
    rows: npt.NDArray[np.int64],
    overlap: npt.NDArray[np.float64],
    regions: npt.NDArray[np.float64],
    title: str,
    path: Path,
) -> None:
    """Draw pictures with both boxes, four a row."""
    lines = -(-len(rows) // 4)
    figure, whole = charts.canvas(11, 0.6 + 2.9 * lines, title)
    whole.set_axis_off()
    for index, row in enumerate(int(row) for row in rows):
        column, line = index % 4, index // 4
        axes = whole.inset_axes((column / 4 + 0.005, 1 - (line + 1) / lines + 0.02, 0.24, 0.86 / lines))
        with Image.open(frame["image"][row]) as picture:
            shown = rgb(ImageOps.exif_transpose(picture))
        axes.imshow(np.asarray(shown))
        outline(axes, np.array(frame["box"][row]), GREEN)
        outline(axes, pixels(frame["image"][row], regions[row]), charts.BLUE)
        phrase = " ".join(frame["phrase"][row].split())
        told = textwrap.fill(f"{overlap[row]:.2f}  {charts.shortened(phrase, 72)}", 40)
        axes.set_title(told, fontsize=8, fontweight="normal", loc="left")
        axes.set_axis_off()
    charts.save(figure, path)


GREEN = "#2f9e44"


def outline(axes: Axes, box: npt.NDArray[np.float64], colour: str) -> None:
    """Draw a box."""
    x0, y0, x1, y1 = (float(value) for value in box)
    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=2))


def pixels(path: str, region: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a region of the square as a box in the picture's pixels."""
    with Image.open(path) as picture:
        width, height = ImageOps.exif_transpose(picture).size
    return to_pixels(region, width, height, FINE)


def written(box: npt.NDArray[np.float64]) -> str:
    """Write a box with whole numbers."""
    return " ".join(str(round(float(value))) for value in box)
