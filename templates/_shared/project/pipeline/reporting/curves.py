"""Draw what training wrote as inline SVG, for the report: no picture files, and it follows the page's colours.

What twice the rows would give is read from a power law, the shape that learning curves have (Hestness et al. 2017,
"Deep Learning Scaling is Predictable, Empirically", https://arxiv.org/abs/1712.00409).
"""

import csv
import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.reporting.numbers import plain

EXPONENTS = np.linspace(0.1, 1.0, 10)
POINTS = 4
"""Of a learning curve, from which on it tells how it goes on."""
WIDTH, HEIGHT, LEFT, BELOW = 560, 220, 64, 28
"""Of one curve, and the room for its labels, in units of the drawing."""


def read(path: Path) -> list[tuple[float, float]]:
    """Return the steps and values of a CSV file; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [(float(step), float(value)) for step, value in list(csv.reader(file))[1:]]


def draw(path: Path, title: str, unit: str = "step") -> str:
    """Draw a CSV file of steps and values; nothing when it holds fewer than two."""
    points = read(path)
    if len(points) < 2:
        return ""
    steps, values = [step for step, _ in points], [value for _, value in points]
    low, high, last = min(values), max(values), max(steps)
    span = (high - low) or 1.0

    def place(step: float, value: float) -> str:
        across = LEFT + (WIDTH - LEFT - 8) * step / last
        return f"{across:.1f},{8 + (HEIGHT - BELOW - 8) * (high - value) / span:.1f}"

    line = " ".join(place(*point) for point in points)
    floor = HEIGHT - BELOW
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>"
        f"<path d='M{LEFT} 8V{floor}H{WIDTH}' class='axis'/><polyline points='{line}'/>"
        f"<text x='{LEFT - 6}' y='14' class='end'>{plain(high)}</text>"
        f"<text x='{LEFT - 6}' y='{floor}' class='end'>{plain(low)}</text>"
        f"<text x='{WIDTH}' y='{HEIGHT - 8}' class='end'>{unit} {last:.0f}</text></svg></figure>"
    )


def doubled(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the score that twice the rows of the last point would give; None for fewer than four points.

    >>> round(doubled([(n, 1 - n**-0.5) for n in (100, 200, 400, 800)]), 3), doubled([(100, 0.5)])
    (0.975, None)
    >>> doubled([(100, 0.5), (200, 0.5), (400, 0.5), (800, 0.5)])
    0.5
    """
    if len(points) < POINTS:
        return None
    rows, scores = (np.array(column, np.float64) for column in zip(*points, strict=True))
    scale, best = rows[-1], (np.inf, 0.0)
    for exponent in EXPONENTS:
        shape = (rows / scale) ** -exponent
        terms = np.stack([np.ones_like(shape), shape], axis=1)
        found, *_ = np.linalg.lstsq(terms, scores, rcond=None)
        missed = float(((terms @ found - scores) ** 2).sum())
        if missed < best[0] - 1e-12:
            best = missed, float(found[1]) * (2**-exponent - 1)
    return float(scores[-1] + best[1])
