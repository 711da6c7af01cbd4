"""Rows of a query or a file: a digest of names, types and values alone, and names that are there once."""

import hashlib
from collections.abc import Sequence

import polars as pl

from .wanted import Trouble

SLICE = 50_000


def once(names: Sequence[str]) -> None:
    """Raise Trouble TS411 when two columns of a query have one name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Trouble("TS411", f"the query gives two columns `{twice}`", hint="name each column once: `a.id as a_id`")


def digest(frame: pl.DataFrame) -> str:
    """Return a sha256, the same whichever version of a library writes the rows to a file."""
    total = hashlib.sha256(repr([(name, str(dtype)) for name, dtype in frame.schema.items()]).encode())
    for part in frame.iter_slices(SLICE):
        total.update(part.write_ndjson().encode())
    return total.hexdigest()
