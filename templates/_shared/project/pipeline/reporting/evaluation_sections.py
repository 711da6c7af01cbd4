"""Sections of the report on what evaluation found: pictures, thresholds, parts of the data, and the worst errors."""

import base64
import csv
import html
import re
import struct
from collections.abc import Mapping
from pathlib import Path

from pipeline.base.params import Params
from pipeline.reporting import spreadsheets
from pipeline.reporting.numbers import plain
from pipeline.reporting.page import badge, grid, shown

MOST_PICTURES = 16
WIDE = 1200
"""Pictures of more pixels in a row get the whole width of the page."""
MOST_LINES = 20
"""Of a table that is not folded away."""
FIRST = 10
"""Parts of the data that are not folded away."""
MARKED = re.compile(r"⟦(.*?)⟧(\S*)")
"""A marked part of a text, and what it is: `⟦Ada Lovelace⟧PERSON`."""


def pictures(folder: Path) -> str:
    """Return the pictures of a folder, inside the page; of many of them some, evenly spread, the last one too."""
    images, found = [], sorted(folder.glob("*.png"))
    step = -(-len(found) // MOST_PICTURES)
    for path in found[::-1][::step][::-1] if found else []:
        content = path.read_bytes()
        (width,) = struct.unpack(">I", content[16:20])  # of every PNG
        wide = " class='wide'" if width > WIDE else ""
        source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        images.append(f"<img{wide} alt='{html.escape(path.stem)}' src='{source}'>")
    return f"<div class='pictures'>{''.join(images)}</div>" if images else ""


def thresholds(settings: Params, path: Path) -> str:
    """Show what other thresholds on the positive class would give, where evaluation tells."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    told = f"<p>Probability of <b>{html.escape(str(settings.value('positive')))}</b> from which on it is answered.</p>"
    return told + grid(head, ([html.escape(cell) for cell in row] for row in rows), range(len(head) - 1))


def parts(settings: Params, path: Path) -> str:
    """Show on which parts of the test split the model is worse or better than on the whole, where evaluation tells."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [[spreadsheets.original(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    if not rows:
        return ""
    metric = settings.text("monitor.metric")
    about = settings.mapping("metrics").get(metric)
    unit = about.get("unit") if isinstance(about, Mapping) else None
    worse = sum(row[-1] == "worse" for row in rows)
    told = (
        f"{worse} of {len(rows)} parts are worse than the whole beyond chance"
        if worse
        else "No part is worse than the whole beyond chance"
    )
    cells = []
    for by, part, count, value, low, high, note in rows:
        mark = badge({"worse": "fail", "better": "pass"}[note], note) if note else ""
        interval = f"{shown(float(low), unit)} to {shown(float(high), unit)}"
        cells.append([html.escape(by), html.escape(part), count, shown(float(value), unit), interval, mark])
    head = ("Column", "Part", "Rows", metric, "95% interval", "")
    rest = grid(head, cells[FIRST:], (2, 3, 4))
    folded = f"<details><summary>{len(cells) - FIRST} more</summary>{rest}</details>" if rest else ""
    return f"<p>{told}; the worst come first.</p>" + grid(head, cells[:FIRST], (2, 3, 4)) + folded


def listed(path: Path, told: str = "") -> str:
    """Show a table of evaluation as it is, its numbers as people read them; nothing where there is none."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    numbers = [place for place in range(len(head)) if all(numeric(row[place]) for row in rows)]
    cells = [
        [
            plain(float(cell)) if place in numbers and cell else html.escape(spreadsheets.original(cell))
            for place, cell in enumerate(row)
        ]
        for row in rows
    ]
    shown = grid(head, cells, numbers)
    if len(cells) > MOST_LINES:
        shown = f"<details><summary>{len(cells)} rows</summary>{shown}</details>"
    return (f"<p>{html.escape(told)}</p>" if told else "") + shown


def numeric(cell: str) -> bool:
    """Tell whether a cell holds a number, or nothing.

    >>> numeric("-1.5e-07"), numeric(""), numeric("2024-01-01")
    (True, True, False)
    """
    return not cell or re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell) is not None


def errors(path: Path) -> str:
    """Return the table of wrong answers."""
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = [[spreadsheets.original(cell) for cell in row] for row in csv.reader(file)] or [[]]
    return grid(
        head, [[MARKED.sub(r"<mark>\1 <small>\2</small></mark>", html.escape(cell)) for cell in row] for row in rows]
    )
