"""How well scores put the rows of a class before the others: ROC, precision over recall, and lift.

The curves are those of Fawcett 2006, "An introduction to ROC analysis", https://doi.org/10.1016/j.patrec.2005.10.010.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes

from pipeline.evaluating.operating_points import Floats, OperatingPoints, points
from pipeline.reporting import charts, spreadsheets
from pipeline.reporting.classification_metrics import rankings

MOST = 8
"""Classes that are drawn, those that are told apart worst; the tables of classes have all."""
TENTHS = 10
LINES = ("#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b7791f", "#d53f8c", "#319795", "#4a5568")


def draw(
    truth: npt.NDArray[np.int64],
    probabilities: Floats,
    labels: tuple[str, ...],
    positive: str | None,
    tables: Path,
    pictures: Path,
) -> None:
    """Write roc.png, precision_recall.png, gains.png and lift.csv: of the positive class, or of each that is there."""
    areas = rankings(truth, probabilities)
    if positive in labels:
        areas = {place: area for place, area in areas.items() if labels[place] == positive}
    shown = sorted(sorted(areas, key=lambda place: areas[place][0])[:MOST])
    if not shown:
        return
    found = {labels[place]: points(truth == place, probabilities[:, place]) for place in shown}
    names = {labels[place]: areas[place] for place in shown}
    roc(found, {name: area for name, (area, _) in names.items()}, pictures / "roc.png")
    if positive not in labels:  # else drawn with the point that is answered from
        recalled(found, {name: area for name, (_, area) in names.items()}, pictures / "precision_recall.png")
    gains(found, pictures / "gains.png")
    spreadsheets.write(pl.concat([lift(name, one) for name, one in found.items()]), tables / "lift.csv")


def roc(found: Mapping[str, OperatingPoints], areas: Mapping[str, float], path: Path) -> None:
    """Draw the share of the class that is found over the share of the others that is taken for it."""
    figure, axes = charts.canvas(5.2, 4.4, "ROC: found over false alarms")
    for colour, (name, one) in zip(LINES, found.items(), strict=False):
        line(axes, started(one.rate("fpr")), started(one.rate("recall")), colour, f"{name}: {areas[name]:.3f}")
    axes.plot([0, 1], [0, 1], color=charts.GREY, linewidth=1, linestyle="--")
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="false positive rate", ylabel="recall")
    axes.legend(title="area", loc="lower right", frameon=False)
    charts.save(figure, path)


def recalled(found: Mapping[str, OperatingPoints], areas: Mapping[str, float], path: Path) -> None:
    """Draw the precision over the recall of each class."""
    figure, axes = charts.canvas(5.2, 4.4, "Precision over recall")
    for colour, (name, one) in zip(LINES, found.items(), strict=False):
        line(axes, one.rate("recall"), one.rate("precision"), colour, f"{name}: {areas[name]:.3f}")
    axes.set(xlim=(0, 1.02), ylim=(0, 1.05), xlabel="recall", ylabel="precision")
    axes.legend(title="average precision", loc="lower left", frameon=False)
    charts.save(figure, path)


def gains(found: Mapping[str, OperatingPoints], path: Path) -> None:
    """Draw the share of the class that is found when only the rows with the highest scores are looked at."""
    figure, axes = charts.canvas(5.2, 4.4, "Found when the highest scores are looked at first")
    for colour, (name, one) in zip(LINES, found.items(), strict=False):
        line(axes, started(one.said / one.rows), started(one.rate("recall")), colour, name)
    axes.plot([0, 1], [0, 1], color=charts.GREY, linewidth=1, linestyle="--")
    axes.set(
        xlim=(0, 1.02), ylim=(0, 1.02), xlabel="share of the rows (dashes: by chance)", ylabel="share of the class"
    )
    axes.legend(loc="lower right", frameon=False)
    charts.save(figure, path)


def line(axes: Axes, across: Floats, up: Floats, colour: str, name: str) -> None:
    """Draw one class."""
    axes.plot(across, up, color=colour, linewidth=1.6, label=charts.shortened(name))


def started(values: Floats) -> Floats:
    """Begin a curve where nothing is answered yet."""
    return np.concatenate([[0.0], values])


def lift(label: str, found: OperatingPoints) -> pl.DataFrame:
    """Return, for each tenth of the rows from the highest score down, how often the class is there, and the lift.

    Where rows of equal score lie across a border, each tenth gets its share of them.

    >>> truth = np.array([True, True] + [False] * 18)
    >>> told = lift("yes", points(truth, np.linspace(1, 0, 20)))
    >>> told.row(0)
    ('yes', '0% to 10%', 2.0, 2.0, 1.0, 10.0, 1.0)
    """
    borders = np.linspace(0, found.rows, TENTHS + 1)
    hits = np.interp(borders, started(found.said), started(found.hits))
    rows, there = np.diff(borders), np.diff(hits)
    base = found.actual / found.rows
    parts = [f"{100 * at // TENTHS}% to {100 * (at + 1) // TENTHS}%" for at in range(TENTHS)]
    columns = {
        "rows": rows,
        "of the class": there,
        "share": there / rows,
        "lift": there / rows / base,
        "found so far": hits[1:] / found.actual,
    }
    made = {name: [round(float(value), 4) for value in values] for name, values in columns.items()}
    return pl.DataFrame({"class": [label] * TENTHS, "highest scores": parts, **made})
