"""A disk that is full while Polars writes: told as the system tells it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise OSError with its number where Polars has it in words only, as it does while it writes Parquet."""
    try:
        yield
    except pl.exceptions.ComputeError as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(path)) from error
