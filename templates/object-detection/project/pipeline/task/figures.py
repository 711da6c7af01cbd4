"""Draw what evaluation found: pictures with wanted and found boxes, each class, precision and recall, and baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from pipeline.base.verdict import of_class
from pipeline.pictures.matching import Matches, iou, matches
from pipeline.pictures.squares import rgb
from pipeline.reporting import charts, spreadsheets

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[np.generic]]
WORST, SHOWN, CURVES = 40, 12, 8
"""Errors that are listed, pictures on a sheet, classes whose curves are drawn."""
GREEN = "#2f9e44"
NAMES = {"trivial": "usual box of each class", "nearest": "most alike training picture"}
SIZES = {"map_small": "small", "map_medium": "medium", "map_large": "large"}


def draw(
    frame: pl.DataFrame,
    truth: Floats,
    answers: Arrays,
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    each = {label: bounded(of_class("ap50", label)) for label in labels if of_class("ap50", label) in values}
    counts = {label: int((truth[:, :, 0] == number).sum()) for number, label in enumerate(labels, 1)}
    rows = [(label, *found, values[of_class("ap", label)], counts[label]) for label, found in each.items()]
    columns = ["class", "ap50", "low", "high", "ap", "objects"]
    spreadsheets.write(pl.DataFrame(rows, schema=columns, orient="row"), tables / "classes.csv")
    wrong = errors(truth, answers)
    spreadsheets.write(listed(frame, wrong[:WORST], labels), tables / "errors.csv")
    charts.bars(each, "Average precision at IoU 0.5 of each class", pictures / "classes.png")
    if sizes := {title: bounded(name) for name, title in SIZES.items() if name in values}:
        charts.bars(sizes, "mAP by size of the objects", pictures / "sizes.png")
    if "map50" in values:
        beside = {NAMES[name]: (scores["map50"],) * 3 for name, scores in baselines.items()}
        charts.bars({"this model": bounded("map50")} | beside, "mAP50 beside baselines", pictures / "baselines.png")
    often = sorted(labels, key=lambda label: -counts[label])[:CURVES]
    curves({label: matches(truth, answers, labels.index(label) + 1) for label in often}, pictures / "curves.png")
    some = np.linspace(0, frame.height - 1, min(SHOWN, frame.height)).astype(int).tolist()
    title = "wanted (green), found (blue)"
    sheet(frame, some, truth, answers, labels, f"Some answers: {title}", pictures / "answers.png")
    if wrong:
        worst = list(dict.fromkeys(one.row for one in wrong))[:SHOWN]
        sheet(frame, worst, truth, answers, labels, f"The most certain errors: {title}", pictures / "errors.png")


@dataclass(frozen=True)
class Wrong:
    """A told box that no wanted one is, or a wanted one that was not found."""

    row: int
    kind: int
    box: Floats
    score: float
    what: str


def errors(truth: Floats, answers: Arrays) -> list[Wrong]:
    """List what is told and wrong, the surest first, then what was not found."""
    said, missed = [], []
    for row in range(len(truth)):
        wanted = truth[row][truth[row, :, 0] > 0]
        told = np.flatnonzero(np.asarray(answers["told"][row]))
        boxes = np.asarray(answers["boxes"][row], dtype=np.float64)[told]
        kinds = np.asarray(answers["classes"][row])[told]
        overlap = iou(boxes, wanted[:, 1:])
        same = kinds[:, None] == wanted[None, :, 0]
        free = np.ones(len(wanted), dtype=np.bool_)
        for at, place in enumerate(told):
            fits = np.where(same[at] & free, overlap[at], 0.0)
            if len(fits) and fits.max() >= 0.5:
                free[fits.argmax()] = False
                continue
            elsewhere = bool(len(wanted)) and overlap[at].max() >= 0.5
            again = elsewhere and bool((same[at] & (overlap[at] >= 0.5)).any())
            what = "told twice" if again else "another class" if elsewhere else "nothing is there"
            said.append(Wrong(row, int(kinds[at]), boxes[at], float(np.asarray(answers["scores"])[row, place]), what))
        missed += [Wrong(row, int(one[0]), one[1:], 0.0, "not found") for one in wanted[free]]
    return sorted(said, key=lambda one: -one.score) + missed


def listed(frame: pl.DataFrame, wrong: Sequence[Wrong], labels: tuple[str, ...]) -> pl.DataFrame:
    """Return errors as a table."""
    columns = {
        "id": [str(frame["id"][one.row]) for one in wrong],
        "picture": [Path(frame["image"][one.row]).name for one in wrong],
        "class": [labels[one.kind - 1] for one in wrong],
        "score": [round(one.score, 3) for one in wrong],
        "box": [" ".join(str(round(float(value))) for value in one.box) for one in wrong],
        "what": [one.what for one in wrong],
    }
    texts = ("id", "picture", "class", "box", "what")
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(texts, pl.String))


def curves(each: Mapping[str, Matches], path: Path) -> None:
    """Draw precision over recall of some classes, at an overlap of a half; a point where objects are told."""
    figure, axes = charts.canvas(6.4, 4.6, "Precision and recall at IoU 0.5")
    for label, one in each.items():
        wanted = one.wanted[0].sum()
        if not wanted or not len(one.score):
            continue
        right = np.cumsum(one.hit[0, 0])
        recall, precision = right / wanted, right / np.arange(1, len(right) + 1)
        (line,) = axes.plot(recall, precision, linewidth=1.4, label=charts.shortened(label))
        last = int(one.told.sum()) - 1
        if last >= 0:
            axes.plot(recall[last], precision[last], "o", color=line.get_color(), markersize=4)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.03), xlabel="recall", ylabel="precision")
    if axes.lines:
        axes.legend(loc="lower left", fontsize=8, frameon=False)
    charts.save(figure, path)


def sheet(
    frame: pl.DataFrame,
    rows: Sequence[int],
    truth: Floats,
    answers: Arrays,
    labels: tuple[str, ...],
    title: str,
    path: Path,
) -> None:
    """Draw pictures with their boxes, four a row."""
    lines = -(-len(rows) // 4)
    figure, whole = charts.canvas(11, 0.6 + 2.9 * lines, title)
    whole.set_axis_off()
    for index, row in enumerate(rows):
        column, line = index % 4, index // 4
        axes = whole.inset_axes((column / 4 + 0.005, 1 - (line + 1) / lines + 0.02, 0.24, 0.86 / lines))
        with Image.open(frame["image"][row]) as picture:
            axes.imshow(np.asarray(rgb(ImageOps.exif_transpose(picture))))
        for one in truth[row][truth[row, :, 0] > 0]:
            outline(axes, one[1:], GREEN, "")
        for place in np.flatnonzero(np.asarray(answers["told"][row])):
            label = labels[int(np.asarray(answers["classes"])[row, place]) - 1]
            told = f"{charts.shortened(label, 14)} {float(np.asarray(answers['scores'])[row, place]):.2f}"
            outline(axes, np.asarray(answers["boxes"][row][place], dtype=np.float64), charts.BLUE, told)
        axes.set_axis_off()
    charts.save(figure, path)


def outline(axes: Axes, box: Floats, colour: str, told: str) -> None:
    """Draw a box, with what is said of it."""
    x0, y0, x1, y1 = (float(value) for value in box)
    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=1.6))
    if told:
        style = {"facecolor": colour, "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
        axes.text(x0, y0, told, fontsize=6, color="white", va="bottom", clip_on=True, bbox=style)
