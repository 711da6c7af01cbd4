"""Draw charts in one style, as PNG for `dvc plots`, MLflow and the report."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting.numbers import plain

INK, BLUE, GREY, RED = "#1f2933", "#2b6cb0", "#9aa5b1", "#c53030"
LETTERS = 9
"""Letters of a title that an inch holds."""


def style() -> None:
    """Set how charts look; a text of the data is never read as a formula."""
    mpl.rc("font", size=10)
    mpl.rc("text", color=INK, parse_math=False)
    mpl.rc("axes", edgecolor=GREY, labelcolor=INK)
    mpl.rc("axes.spines", top=False, right=False)
    mpl.rc("xtick", color=INK)
    mpl.rc("ytick", color=INK)


def canvas(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    """Open a figure of a size in inches."""
    style()
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    wrapped = "\n".join(textwrap.fill(line, int(LETTERS * width)) for line in title.splitlines())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: plain(value))
    axes.locator_params(axis="x", nbins=5)
    figure.suptitle(wrapped, x=0.02, ha="left", fontsize=12, fontweight="bold")
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the bytes depend on the numbers alone."""
    figure.savefig(path, dpi=130, metadata={"Software": None})


ANSWERED = "Answered (columns) for true (rows)"


def confusion(matrix: npt.NDArray[np.int64], labels: Sequence[str], path: Path, title: str = ANSWERED) -> None:
    """Draw counts by true class (rows) and answered class (columns), coloured by share of the row."""
    many = len(labels)
    side = min(14.0, 3.0 + 0.55 * many)
    figure, axes = canvas(side + 0.8, side, title)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(many), [shortened(label) for label in labels], rotation=45, ha="right")
    axes.set_yticks(range(many), [shortened(label) for label in labels])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if many <= 30:
        for row, column in np.argwhere(matrix > 0):
            colour = "white" if shares[row, column] > 0.5 else INK
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=colour)
    save(figure, path)


def calibration(bins: Sequence[tuple[float, float, int]], error: float, path: Path) -> None:
    """Draw accuracy over confidence; the closer to the diagonal, the more a score can be believed."""
    figure, axes = canvas(5.2, 4.4, f"Confidence and accuracy: error {error:.3f}")
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    total = sum(count for _, _, count in bins)
    sizes = [20 + 500 * count / total for _, _, count in bins]
    axes.scatter([one[0] for one in bins], [one[1] for one in bins], s=sizes, color=BLUE, alpha=0.8)
    axes.set(xlim=(0, 1.03), ylim=(0, 1.05), xlabel="confidence of the answer", ylabel="share of right answers")
    save(figure, path)


def bars(rows: Mapping[str, tuple[float, float, float]], title: str, path: Path, *, reach: float = 1.0) -> None:
    """Draw values with the bounds of their intervals, one bar a row; the axis goes to `reach` at least."""
    figure, axes = canvas(6.4, 1.2 + 0.34 * len(rows), title)
    names = list(rows)[::-1]
    values = np.array([rows[name] for name in names])
    gaps = np.maximum(0, [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]])
    style = {"ecolor": INK, "elinewidth": 1, "capsize": 3}
    axes.barh(range(len(names)), values[:, 0], xerr=gaps, color=BLUE, height=0.62, error_kw=style)
    axes.set_yticks(range(len(names)), [shortened(name) for name in names])
    most = max(reach, float(values.max()), 1e-9)
    for place, (value, _, high) in enumerate(values):
        axes.text(
            max(value, high) + 0.01 * most, place, plain(round(value, 3) if abs(value) < 1 else value), va="center"
        )
    axes.set_xlim(min(0.0, float(values.min())), most * 1.12)
    save(figure, path)


def shortened(text: str, most: int = 24) -> str:
    """Cut a long name; matplotlib leaves those out of legends that begin with `_`, so a space goes before.

    >>> shortened("a long name", 7), shortened("_nolegend_")
    ('a long…', ' _nolegend_')
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return f" {cut}" if cut.startswith("_") else cut


def points(
    across: npt.NDArray[np.float64],
    up: npt.NDArray[np.float64],
    title: str,
    names: tuple[str, str],
    path: Path,
    *,
    equal: bool = False,
) -> None:
    """Draw a point a row, and the line on which right answers lie: the diagonal when `equal`, else zero."""
    figure, axes = canvas(5.2, 4.4, title)
    axes.scatter(across, up, s=14, color=BLUE, alpha=0.5, linewidths=0)
    low, high = float(across.min()), float(across.max())
    axes.plot([low, high], [low, high] if equal else [0, 0], color=GREY, linewidth=1, linestyle="--")
    axes.set(xlabel=names[0], ylabel=names[1])
    save(figure, path)


def histogram(values: npt.NDArray[np.float64], title: str, name: str, path: Path) -> None:
    """Draw how often values are how large."""
    figure, axes = canvas(5.2, 3.4, title)
    axes.hist(values, bins=min(40, max(5, round(len(values) ** 0.5))), color=BLUE)
    axes.axvline(0.0, color=GREY, linewidth=1, linestyle="--")
    axes.set(xlabel=name, ylabel="rows")
    save(figure, path)
