"""Tables that people open in a spreadsheet: no cell of them begins a formula, whatever the data hold."""

import re
from pathlib import Path

import polars as pl

from pipeline.reading import disk

BEGINS = "^'*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
"""What spreadsheets take for a formula, also in full width (OWASP, CSV injection), behind quotes of ours or not."""
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV."""
    with disk.writing(path):
        safe(frame.lazy()).collect().write_csv(path)


def content(frame: pl.DataFrame) -> bytes:
    """Return a table as the bytes of a CSV file."""
    return safe(frame.lazy()).collect().write_csv(None).encode()


def safe(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Put a quote before each text and name of a column that would begin a formula: it makes it a text."""
    texts = [name for name, kind in frame.collect_schema().items() if kind in (pl.String, pl.Categorical, pl.Enum)]
    written = pl.col(texts).cast(pl.String)
    held = written.str.contains(BEGINS) & ~written.str.contains(NUMBER)
    return frame.with_columns(pl.when(held).then("'" + written).otherwise(written).name.keep()).rename(text)


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
