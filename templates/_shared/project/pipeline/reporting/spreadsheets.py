"""Tables that people open in a spreadsheet: no cell of them begins a formula, whatever the data hold."""

import re
from pathlib import Path

import polars as pl

BEGINS = "^'*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
"""What spreadsheets take for a formula, also in full width (OWASP, CSV injection), behind quotes of ours or not."""
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV; a text that would begin a formula gets a quote before it, which makes it a text."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    held = pl.col(texts).str.contains(BEGINS) & ~pl.col(texts).str.contains(NUMBER)
    safe = frame.with_columns(pl.when(held).then("'" + pl.col(texts)).otherwise(pl.col(texts)).name.keep())
    safe.rename(text).write_csv(path)


def text(cell: str) -> str:
    """Return a cell as it is written.

    >>> text("=1+1"), text("-3.5"), text("a=1")
    ("'=1+1", '-3.5', 'a=1')
    """
    return f"'{cell}" if re.search(BEGINS, cell) and not re.search(NUMBER, cell) else cell


def original(cell: str) -> str:
    """Return what a cell stood for.

    >>> original("'=1+1"), original("'a'"), original("-3.5")
    ('=1+1', "'a'", '-3.5')
    """
    return cell[1:] if cell.startswith("'") and re.search(BEGINS, cell[1:]) else cell
