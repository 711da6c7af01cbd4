"""Draw charts as inline SVG for pages: they follow the page's colours and fit a phone, and their words can be found."""

import html
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.reporting import charts, numbers
from pipeline.reporting.charts import GREY, INK, shortened

COLOURS = ("#3b82c4", "#d98f1f", "#3f9e6c", "#a35bb5", "#c9504f", "#6f7d8c", "#1fa3a8", "#8d6a3b")
"""They can be told apart on white and on black."""
WIDTH = 5.4
"""Inches of a chart: as wide as a phone shows it at its own size."""
Numbers = npt.NDArray[np.float64]


@contextmanager
def styled(salt: str = "") -> Iterator[None]:
    """Draw in the style of all charts, with words as words; equal salts name parts of a drawing alike."""
    with mpl.rc_context():
        charts.style()
        mpl.rc("svg", fonttype="none", hashsalt=salt)
        yield


def plain(text: str, most: int = 22) -> str:
    """Return a name in one line that a chart has room for."""
    line = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    return shortened(line, most) or "(blank)"


def inline(figure: Figure, title: str, told: str) -> str:
    """Return a figure as a captioned SVG element; `told` says in words what it shows. Equal numbers, equal bytes."""
    stream = io.StringIO()
    with styled(title), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's browser has more fonts
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    drawn = stream.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = re.sub(r"<g id=\"[^\"]*\"", "<g", drawn)
    drawn = drawn.replace(INK, "currentColor").replace(GREY, "var(--dim)")
    drawn = re.sub(r"^<svg[^>]*?(viewBox=\"[^\"]*\")[^>]*>", rf"<svg \1 role='img' aria-label='{ALT}'>", drawn)
    drawn = drawn.replace(ALT, html.escape(told), 1)
    drawn = re.sub(r"\n\s*", "\n", drawn)
    return f"<figure class='chart'><figcaption>{html.escape(title)}</figcaption>{drawn}</figure>"


ALT = "@alt@"
"""Stands where the words are put in, which may hold anything."""


def canvas(height: float, *, left: float) -> tuple[Figure, Axes]:
    """Open a figure of a height in inches, with room at its left."""
    with styled():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots()
    figure.subplots_adjust(left=left, right=0.97, top=1 - 0.08 / height, bottom=0.5 / height)
    return figure, axes


def legend(axes: Axes, height: float, many: int) -> None:
    """Name the colours above the chart."""
    with styled():
        lines = -(-many // 3)
        axes.figure.subplots_adjust(top=1 - (0.12 + 0.25 * lines) / height)
        axes.legend(ncols=min(3, many), loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=9)


def bars(
    rows: Sequence[str],
    groups: Mapping[str, Sequence[float]],
    title: str,
    *,
    stacked: bool = False,
    share: bool = False,
) -> str:
    """Draw bars: one a row, or a row for each group; `stacked` puts those of a row behind one another."""
    many = 1 if stacked else len(groups)
    height = 0.75 + (0.25 if len(groups) > 1 else 0) + len(rows) * (0.12 + 0.17 * many)
    with styled():
        figure, axes = canvas(height, left=0.34)
        places = np.arange(len(rows))[::-1].astype(float)
        before = np.zeros(len(rows))
        for index, (name, values) in enumerate(groups.items()):
            size = np.asarray(values, dtype=float)
            colour = COLOURS[index % len(COLOURS)]
            if stacked:
                axes.barh(places, size, left=before, height=0.7, color=colour, label=plain(name, 16))
                before = before + size
            else:
                thick = 0.8 / many
                axes.barh(
                    places + 0.4 - (index + 0.5) * thick, size, height=0.9 * thick, color=colour, label=plain(name, 16)
                )
        axes.set_yticks(places, [plain(name) for name in rows])
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=5)
        if share:
            axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        if len(groups) > 1:
            legend(axes, height, len(groups))
    return inline(figure, title, words(title, rows, groups, share=share))


def words(title: str, rows: Sequence[str], groups: Mapping[str, Sequence[float]], *, share: bool) -> str:
    """Say what bars show."""
    told = []
    for index, row in enumerate(rows):
        values = [
            f"{name} {100 * some[index]:.2f}%" if share else f"{name} {numbers.plain(some[index])}"
            for name, some in groups.items()
        ]
        told.append(f"{row}: {', '.join(values)}")
    return f"{title}. {'; '.join(told)}"


def edges(values: Numbers) -> Numbers:
    """Return the bounds of bars for numbers, between the 1st and the 99th percentile of many; whole ones stay whole.

    >>> edges(np.array([1.0, 2.0, 3.0])).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    low, high = np.quantile(values, [0.01, 0.99]) if len(values) > 100 else (values.min(), values.max())
    bins = int(np.clip(2 * np.cbrt(len(values)), 5, 30))
    if bool((values == values.round()).all()):
        step = max(1, round((high - low) / bins))
        count = int(np.ceil((high - np.floor(low) + 1) / step))
        whole: Numbers = np.floor(low) - 0.5 + step * np.arange(count + 1.0)
        return whole
    found: Numbers = np.linspace(low, high if high > low else low + 1, bins + 1)
    return found


def histograms(groups: Mapping[str, Numbers], title: str, name: str) -> str:
    """Draw how often numbers are how large, as a share of each group; what lies beyond the bounds counts there."""
    bounds = edges(np.concatenate(list(groups.values())))
    height = 2.3
    with styled():
        figure, axes = canvas(height, left=0.13)
        for index, (group, values) in enumerate(groups.items()):
            counts, _ = np.histogram(np.clip(values, bounds[0], bounds[-1]), bounds)
            colour = COLOURS[index % len(COLOURS)]
            shares = counts / max(1, len(values))
            first = index == 0
            strong = 0.45 if first else 1.0
            told = plain(group, 16)
            axes.stairs(shares, bounds, color=colour, linewidth=1.6, label=told, fill=first, alpha=strong)
        axes.set_xlabel(plain(name, 40))
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.locator_params(axis="y", nbins=5)
        axes.locator_params(axis="x", nbins=6, integer=bool(bounds[0] % 1 == 0.5))
        if len(groups) > 1:
            legend(axes, height, len(groups))
    spans = [f"{group}: median {numbers.plain(float(np.median(values)))}" for group, values in groups.items()]
    return inline(figure, title, f"{title}. {'; '.join(spans)}")


def ranges(groups: Mapping[str, Numbers], title: str, name: str) -> str:
    """Draw for each group the median of its numbers, the middle half and the middle nine tenths."""
    height = 0.85 + 0.26 * len(groups)
    names = list(groups)
    found = {group: np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]) for group, values in groups.items()}
    with styled():
        figure, axes = canvas(height, left=0.34)
        for place, group in enumerate(reversed(names)):
            least, lower, middle, upper, most = found[group]
            axes.plot([least, most], [place, place], color=GREY, linewidth=1.4)
            axes.plot([lower, upper], [place, place], color=COLOURS[0], linewidth=6, solid_capstyle="butt")
            axes.plot([middle], [place], "o", color=INK, markersize=4)
        axes.set_yticks(range(len(names)), [plain(group) for group in reversed(names)])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel(f"{plain(name, 30)}: median, middle half, middle 90%")
        axes.locator_params(axis="x", nbins=5)
    told = [
        f"{group}: median {middle}, half between {lower} and {upper}"
        for group in names
        for _, lower, middle, upper, _ in [[numbers.plain(float(one)) for one in found[group]]]
    ]
    return inline(figure, title, f"{title}. {'; '.join(told)}")
