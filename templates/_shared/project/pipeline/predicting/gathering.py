"""How rows of a source become requests, and answers rows: here each row is a request, and its answer a row.

A task whose requests are made of many rows (series) brings its own file at this path.
"""

import polars as pl

from pipeline.predicting.requests import Wanted
from pipeline.server.bundle import Bundle

WHOLE = False
"""Whether the source is read at once, for rows that are far apart may be one request."""


def gathered(frame: pl.DataFrame, _asked: Wanted, _bundle: Bundle) -> pl.DataFrame:
    """Return a row a request."""
    return frame


def spread(answers: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the answers' file."""
    return answers
