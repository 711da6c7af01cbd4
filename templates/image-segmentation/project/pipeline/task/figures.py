"""Draw what evaluation found: pictures under wanted and found classes, each class, confusions, and baselines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.patches import Patch

from pipeline.base.verdict import of_class
from pipeline.pictures import label_maps, overlays
from pipeline.reporting import charts, spreadsheets
from pipeline.task import metrics

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.object_]
Arrays = Mapping[str, npt.NDArray[np.generic]]
WORST, SHOWN, CLASSES = 40, 8, 20
"""Pictures that are listed, pictures on a sheet, classes in a legend or a matrix."""
SIDE = 320
"""Pixels of a picture on a sheet."""
NAMES = {"trivial": "most frequent class", "mean": "usual class of each place"}


def draw(
    frame: pl.DataFrame,
    truth: Truth,
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

    masks = answers["mask"]
    tallies = metrics.tally(truth, masks, len(labels), edges=False)
    counts = tallies[:, :-1].sum(axis=0).reshape(len(labels), len(labels))
    each = {label: bounded(of_class("iou", label)) for label in labels if of_class("iou", label) in values}
    rows = [
        (label, *each[label], *(values.get(of_class(name, label)) for name in ("precision", "recall")), share)
        for label, share in zip(labels, counts.sum(axis=1) / max(1.0, counts.sum()), strict=True)
        if label in each
    ]
    columns = ["class", "iou", "low", "high", "precision", "recall", "share_of_pixels"]
    spreadsheets.write(pl.DataFrame(rows, schema=columns, orient="row"), tables / "classes.csv")
    charts.bars(each, "IoU of each class", pictures / "classes.png")
    often = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:CLASSES])
    shares = np.round(1000 * counts / max(1.0, counts.sum())).astype(np.int64)[np.ix_(often, often)]
    named = [labels[at] for at in often]
    charts.confusion(shares, named, pictures / "confusion.png", "Of 1,000 pixels: found (columns), wanted (rows)")
    if "mean_iou" in values:
        beside = {NAMES[name]: (scores["mean_iou"],) * 3 for name, scores in baselines.items() if "mean_iou" in scores}
        charts.bars({"this model": bounded("mean_iou")} | beside, "mIoU beside baselines", pictures / "baselines.png")
    own = alone(tallies, labels)
    order = np.argsort(own, kind="stable")[:WORST].tolist()
    spreadsheets.write(listed(frame, order, own, tallies, labels), tables / "errors.csv")
    some = np.linspace(0, frame.height - 1, min(SHOWN, frame.height)).astype(int).tolist()
    sheet(frame, some, truth, masks, labels, "Some answers: picture, wanted, found", pictures / "answers.png")
    title = "The pictures that fit least: picture, wanted, found"
    sheet(frame, order[:SHOWN], truth, masks, labels, title, pictures / "errors.png")


def alone(tallies: Floats, labels: Sequence[str]) -> Floats:
    """Return the mIoU of each picture by itself; 1 where none of its pixels counts."""
    found = [metrics.summed(one[None], np.ones(1), labels)["mean_iou"] for one in tallies]
    return np.array([1.0 if np.isnan(one) else one for one in found])


def listed(
    frame: pl.DataFrame, rows: Sequence[int], own: Floats, tallies: Floats, labels: Sequence[str]
) -> pl.DataFrame:
    """Return the pictures that fit least as a table, with the classes that are confused most."""
    confused = []
    for row in rows:
        counts = tallies[row, :-1].reshape(len(labels), len(labels)).copy()
        whole = max(1.0, counts.sum())
        np.fill_diagonal(counts, 0)
        wanted, found = divmod(int(counts.argmax()), len(labels))
        share = counts[wanted, found] / whole
        confused.append(f"{share:.1%} of the pixels: {labels[wanted]} as {labels[found]}" if share else "")
    columns = {
        "id": [str(frame["id"][row]) for row in rows],
        "picture": [Path(frame["image"][row]).name for row in rows],
        "mean_iou": [round(float(own[row]), 4) for row in rows],
        "what": confused,
    }
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(("id", "picture", "what"), pl.String))


def sheet(
    frame: pl.DataFrame,
    rows: Sequence[int],
    truth: Truth,
    masks: npt.NDArray[np.generic],
    labels: tuple[str, ...],
    title: str,
    path: Path,
) -> None:
    """Draw pictures, each beside itself under the wanted and the found classes, two a line."""
    colours, lines = label_maps.palette(labels), -(-len(rows) // 2)
    figure, whole = charts.canvas(11, 1.2 + 1.9 * lines, title)
    whole.set_axis_off()
    for index, row in enumerate(rows):
        nothing = np.full((1, 1), 255, dtype=np.uint8)
        plain = overlays.over(frame["image"][row], nothing, (), SIDE, strength=0.0)
        maps = [label_maps.decoded(one[row]) for one in (truth, masks)]
        shown = [plain, *(overlays.over(frame["image"][row], one, colours, SIDE) for one in maps)]
        for place, picture in enumerate(shown):
            left, below = (3 * (index % 2) + place) / 6 + 0.012 * (index % 2), 1 - (index // 2 + 1) / lines
            axes = whole.inset_axes((left, below + 0.02, 0.155, 0.96 / lines))
            axes.imshow(np.asarray(picture))
            axes.set_axis_off()
    known = [
        Patch(facecolor=(colour[0] / 255, colour[1] / 255, colour[2] / 255), label=charts.shortened(label))
        for label, colour in list(zip(labels, colours, strict=True))[:CLASSES]
    ]
    whole.legend(handles=known, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=6, fontsize=8, frameon=False)
    charts.save(figure, path)
