"""What each threshold on the score of one class would give: its rates, its cost, and pictures of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting import spreadsheets
from pipeline.reporting.charts import BLUE, GREY, canvas, save

Floats = npt.NDArray[np.float64]
RECALLS = (0.99, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""The table has a row for each: the highest threshold that finds so many."""


@dataclass(frozen=True, kw_only=True)
class OperatingPoints:
    """Every threshold that makes a difference, the highest first, and what answering the class from it on gives."""

    threshold: Floats
    hits: Floats
    """Rows of the class that are answered so."""
    said: Floats
    """Rows that are answered so."""
    actual: int
    """Rows of the class."""
    rows: int

    def rate(self, name: str) -> Floats:
        """Return recall, precision, f1, fpr or specificity at each threshold."""
        false, others = self.said - self.hits, max(1, self.rows - self.actual)
        found = {
            "recall": self.hits / max(1, self.actual),
            "precision": self.hits / np.maximum(self.said, 1),
            "f1": 2 * self.hits / np.maximum(self.actual + self.said, 1),
            "fpr": false / others,
            "specificity": 1 - false / others,
        }
        return np.asarray(found[name])

    def trials(self, name: str) -> Floats:
        """Return over how many rows a rate is a share."""
        others = float(max(1, self.rows - self.actual))
        counts = {"recall": float(max(1, self.actual)), "fpr": others, "specificity": others}
        return np.full(len(self.said), counts[name]) if name in counts else np.maximum(self.said, 1.0)

    def cost(self, missed: float, false_alarm: float) -> Floats:
        """Return the mean cost of a row."""
        found: Floats = (missed * (self.actual - self.hits) + false_alarm * (self.said - self.hits)) / max(1, self.rows)
        return found


def points(truth: npt.NDArray[np.bool_], scores: Floats) -> OperatingPoints:
    """Return the points of a split; thresholds lie half way between neighbouring scores.

    >>> found = points(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]))
    >>> found.threshold.tolist(), found.rate("recall").tolist(), found.rate("precision").round(2).tolist()
    ([0.7, 0.45, 0.2], [0.5, 0.5, 1.0], [1.0, 0.5, 0.67])
    """
    levels, place = np.unique(-scores, return_inverse=True)
    times = np.bincount(place, minlength=len(levels)).astype(np.float64)
    right = np.bincount(place, weights=truth.astype(np.float64), minlength=len(levels))
    below = np.append(-levels[1:], 0.0)
    middle = (-levels + below) / 2
    return OperatingPoints(
        threshold=middle,
        hits=np.cumsum(right),
        said=np.cumsum(times),
        actual=int(truth.sum()),
        rows=len(truth),
    )


def draw(
    found: OperatingPoints,
    label: str,
    chosen: float | None,
    costs: Mapping[str, float],
    tables: Path,
    pictures: Path,
) -> None:
    """Write thresholds.csv, the curve of precision over recall, and with costs that of the cost over the threshold.

    `chosen` is the threshold that answers are given by; None for the likeliest class.
    """
    if not 0 < found.actual < found.rows:
        return
    spreadsheets.write(table(found, chosen, costs), tables / "thresholds.csv")
    recall, precision = found.rate("recall"), found.rate("precision")
    figure, axes = canvas(5.2, 4.4, f"Precision over recall of {label}")
    axes.plot(recall, precision, color=BLUE)
    axes.axhline(found.actual / found.rows, color=GREY, linewidth=1, linestyle="--")
    at = place(found, 0.5 if chosen is None else chosen)
    axes.scatter([recall[at]], [precision[at]], color=BLUE, zorder=3)
    axes.set(xlim=(0, 1.03), ylim=(0, 1.05), xlabel="recall (point: as answered)", ylabel="precision (dashes: share)")
    save(figure, pictures / "precision_recall.png")
    if costs:
        figure, axes = canvas(5.2, 3.6, "Mean cost of a row by threshold")
        axes.plot(found.threshold, found.cost(costs["missed"], costs["false_alarm"]), color=BLUE)
        axes.axvline(0.5 if chosen is None else chosen, color=GREY, linewidth=1, linestyle="--")
        axes.set(xlim=(0, 1), ylim=(0, None), xlabel="threshold (dashes: as answered)", ylabel="cost")
        save(figure, pictures / "cost.png")


def wilson(rate: Floats, trials: Floats, deviations: float) -> Floats:
    """Return one end of Wilson's interval: the upper for positive deviations, the lower for negative ones.

    >>> wilson(np.array([0.8]), np.array([100.0]), -1.6449).round(3).tolist()
    [0.727]
    """
    square = deviations**2
    middle = rate + square / (2 * trials)
    half = np.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    found: Floats = (middle + deviations * half) / (1 + square / trials)
    return found


def place(found: OperatingPoints, threshold: float) -> int:
    """Return the point that answering from a threshold on gives."""
    return int(np.clip(np.searchsorted(-found.threshold, -threshold, side="right") - 1, 0, len(found.said) - 1))


def table(found: OperatingPoints, chosen: float | None, costs: Mapping[str, float]) -> pl.DataFrame:
    """Return what some thresholds give: the one that is used, and those that find certain shares of the class."""
    recall = found.rate("recall")
    rows: dict[int, str] = {place(found, 0.5 if chosen is None else chosen): "used"}
    for wanted in RECALLS:
        rows.setdefault(int(np.argmax(recall >= wanted - 1e-12)), "")
    order: Sequence[int] = sorted(rows)
    columns = {
        "threshold": found.threshold,
        **{name: found.rate(name) for name in ("recall", "precision", "f1", "fpr")},
    }
    columns["answered"] = found.said / found.rows
    if costs:
        columns["cost"] = found.cost(costs["missed"], costs["false_alarm"])
    made = {name: [round(float(values[row]), 4) for row in order] for name, values in columns.items()}
    return pl.DataFrame({**made, "note": [rows[row] for row in order]})
