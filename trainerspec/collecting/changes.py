"""What is new in a snapshot: files, and of a query's rows the columns and the rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from .snapshot import DATA, Snapshot

SHOWN = 3


def changes(before: Snapshot, old: Path, now: Snapshot, new: Path) -> Iterator[str]:
    """Tell line by line how a snapshot in the folder `new` differs from one of the same source in `old`."""
    if now.fingerprint == before.fingerprint:
        return
    if now.rows is not None and before.rows is not None:
        name = next(iter(now.files))
        yield from _rows(pl.read_parquet(old / DATA / name), pl.read_parquet(new / DATA / name))
        return
    names = [name for name in now.files if name in before.files]
    changed = [name for name in names if _content(now, name) != _content(before, name)]
    for what, some in (
        ("new", [name for name in now.files if name not in before.files]),
        ("changed", changed),
        ("gone", [name for name in before.files if name not in now.files]),
    ):
        if some:
            yield f"{len(some):,} {'file' if len(some) == 1 else 'files'} {what}: {named(some)}"
    if now.pinned != before.pinned:
        yield "; ".join(f"{key} {before.pinned.get(key)} -> {value}" for key, value in now.pinned.items())


def _content(taken: Snapshot, name: str) -> str:
    return taken.files[name].content or taken.files[name].sha256


def _rows(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[str]:
    for what, some in (
        ("new", [name for name in new.columns if name not in old.columns]),
        ("gone", [name for name in old.columns if name not in new.columns]),
    ):
        if some:
            yield f"{len(some)} {'column' if len(some) == 1 else 'columns'} {what}: {named(some)}"
    shared = [name for name in new.columns if name in old.columns]
    for name in shared:
        if new.schema[name] != old.schema[name]:
            yield f"`{name}` holds {str(new.schema[name]).lower()}, it held {str(old.schema[name]).lower()}"
    same = [name for name in shared if new.schema[name] == old.schema[name]]
    added, lost = beyond(new.select(same), old.select(same)), beyond(old.select(same), new.select(same))
    yield f"{old.height:,} rows before, {new.height:,} now: {added:,} new or changed, {lost:,} gone or changed"


def beyond(some: pl.DataFrame, others: pl.DataFrame) -> int:
    """Count the rows that `others` does not hold as often.

    >>> beyond(pl.DataFrame({"a": [1, 1, 2]}), pl.DataFrame({"a": [1, 3]}))
    2
    """
    if not some.columns:
        return 0
    counted = [one.group_by(pl.struct(pl.all()).alias("row")).len() for one in (some, others)]
    joined = counted[0].join(counted[1], on="row", how="left", suffix="_there")
    left = joined.select((pl.col("len").cast(pl.Int64) - pl.col("len_there").fill_null(0)).clip(lower_bound=0).sum())
    return int(left.item())


def named(names: Sequence[str]) -> str:
    """List a few names, and count the rest."""
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
