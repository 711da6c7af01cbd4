"""Draw what training wrote as inline SVG, for the report: no picture files, and it follows the page's colours."""

import csv
import html
from pathlib import Path

from pipeline.reporting.numbers import plain

WIDTH, HEIGHT, LEFT, BELOW = 560, 220, 64, 28
"""Of one curve, and the room for its labels, in units of the drawing."""


def draw(path: Path, title: str) -> str:
    """Draw a CSV file of steps and values; nothing when it holds fewer than two."""
    with path.open(encoding="utf-8", newline="") as file:
        points = [(float(step), float(value)) for step, value in list(csv.reader(file))[1:]]
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
        f"<text x='{WIDTH}' y='{HEIGHT - 8}' class='end'>step {last:.0f}</text></svg></figure>"
    )
