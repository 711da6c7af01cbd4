"""Sections of the report on what evaluation found: pictures, thresholds, parts of the data, errors, groups."""

import base64
import csv
import html
import re
import struct
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

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
RATES = {
    "selected": "Share answered so",
    "recall": "Recall",
    "precision": "Precision",
    "false positives": "False positive rate",
    "accuracy": "Accuracy",
    "bias": "Mean of true less predicted",
    "mean error": "Mean absolute error",
}
NUMBERS = ("bias", "mean error")
FEW = 30
"""Rows of a group below which its rates say little."""
Row: TypeAlias = Mapping[str, str]


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
    return grid(head, [[marked(cell) for cell in row] for row in rows])


def marked(cell: str) -> str:
    """Write a cell: fractions as people read them, marked parts of a text as such.

    >>> marked("1400900.0"), marked("2020"), marked("a < ⟦Ada⟧PERSON")
    ('1,400,900', '2020', 'a &lt; <mark>Ada <small>PERSON</small></mark>')
    """
    if "." in cell and numeric(cell):
        return plain(float(cell))
    return MARKED.sub(r"<mark>\1 <small>\2</small></mark>", html.escape(cell))


def groups(path: Path) -> str:
    """Show each group with its rates, and say which of them differ beyond chance; nothing where none were compared."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{name: spreadsheets.original(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    names = [name for name in RATES if name in rows[0]]
    head = ["Column", "Group", *(["Class"] if "class" in rows[0] else []), "Rows", *(RATES[name] for name in names)]
    cells = []
    for row in rows:
        few = " " + badge("uncertain", "few") if int(row["rows"]) < FEW else ""
        named = [html.escape(row[key]) for key in ("column", "group", "class") if key in row]
        cells.append([*named, f"{int(row['rows']):,}{few}", *(written(row, name) for name in names)])
    told = "".join(f"<li>{html.escape(line)}</li>" for line in differences(rows, names))
    said = f"<ul>{told}</ul>" if told else "<p>No rate differs between groups beyond chance.</p>"
    aside = "<p>The model does not read these columns (<code>data.audit</code>). Intervals are those of 95%.</p>"
    return aside + said + grid(head, cells, range(len(head) - len(names) - 1, len(head)))


def written(row: Row, name: str) -> str:
    """Write a rate or a number with its interval."""
    if not row[name]:
        return "–"
    value, low, high = (quantity(float(row[key]), name) for key in (name, f"{name}.low", f"{name}.high"))
    return f"{value}<br><span class='dim'>{low} to {high}</span>"


def quantity(value: float, name: str) -> str:
    """Write a value of a rate, or of a number of the data."""
    return plain(value) if name in NUMBERS else f"{100 * value:.1f}%"


def differences(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Say of each column, class and rate which two groups lie farthest apart, where their intervals do not meet."""
    found = []
    for column, label in dict.fromkeys((row["column"], row.get("class", "")) for row in rows):
        these = [row for row in rows if (row["column"], row.get("class", "")) == (column, label)]
        for name in names:
            pairs = [
                (float(high[name]) - float(low[name]), low, high)
                for low, high in (ordered(pair, name) for pair in combinations(these, 2))
                if low[name] and high[name] and float(low[f"{name}.high"]) < float(high[f"{name}.low"])
            ]
            if pairs:
                _, low, high = max(pairs, key=lambda pair: pair[0])
                of = f" ({label})" if label else ""
                both = ", ".join(f"{quantity(float(one[name]), name)} for {one['group']}" for one in (low, high))
                found.append(f"{RATES[name]}{of} differs by {column} beyond chance: {both}.")
    return found


def ordered(pair: tuple[Row, Row], name: str) -> tuple[Row, Row]:
    """Return two groups, the one with the smaller value first."""
    one, other = pair
    return (one, other) if float(one[name] or 0) <= float(other[name] or 0) else (other, one)
