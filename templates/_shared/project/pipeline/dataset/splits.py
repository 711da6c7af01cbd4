"""Split examples into train, validation and test, so that duplicates never stand on two sides.

The order of examples is that of a hash over seed and content: the same on any machine, whatever the order of the files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset import row_digests
from pipeline.dataset.table_files import GROUP, KEY, LABELS, PART

PARTS = ("train", "validation", "test")
NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
NAMED = "part"
"""What a split goes by that names of files and folders tell, where no column is called so."""
UNIT, STRATUM, ROW = "__unit", "__stratum", "__row"


@dataclass(frozen=True, kw_only=True)
class Split:
    """How to split; the shares add up to 1."""

    by: str
    """`random`, `stratified`, `group:<column>`, `time:<column>` or `given:<column>`."""
    shares: Mapping[str, float]
    seed: int


def split(frame: pl.DataFrame, how: Split, label: str | None, *, keep: bool = True) -> dict[str, pl.DataFrame]:
    """Return the three parts, each in the order of the frame, which is empty afterwards unless it is to be kept.

    Raises Failure TS829 when it cannot be done.
    """
    kind, _, column = how.by.partition(":")
    if kind == "given" and column == NAMED and column not in frame.columns and PART in frame.columns:
        column = PART
    if column and column not in frame.columns:
        known = ", ".join(f"`{name}`" for name in frame.columns if not name.startswith("__"))
        raise Failure("TS829", f"the split's column `{column}` is not in the data", hint=f"the columns are {known}")
    if column and frame[column].null_count():
        count = frame[column].null_count()
        hint = f'add `{{where: "{column} is not null"}}` to `data.clean`'
        raise Failure("TS829", f"{count} rows have no `{column}`, by which the data is split", hint=hint)
    chosen = given(frame, column, how, label) if kind == "given" else drawn(frame, kind, column, how, label)
    parts = taken_apart(frame.clone() if keep else frame, chosen)
    for part, rows in parts.items():
        if rows.is_empty() and (how.shares[part] > 0 or kind == "given"):
            raise Failure("TS829", f"the {part} split would be empty", hint="give it a larger share, or more data")
    return parts


def drawn(frame: pl.DataFrame, kind: str, column: str, how: Split, label: str | None) -> pl.Series:
    """Name the part of each row, at random or by time; what belongs together stays so."""
    groups = [*([column] if kind == "group" else []), *([GROUP] if GROUP in frame.columns else [])]
    units = unite(frame, groups)
    if kind == "time":
        first, order = heads(units), by_time(frame.with_columns(units.alias(UNIT)), column)
    else:
        first, order = walked(units, how.seed)
    strata = frame[label] if kind == "stratified" and label is not None else None
    return assign(first, order, how.shares, strata)


def taken_apart(frame: pl.DataFrame, chosen: pl.Series) -> dict[str, pl.DataFrame]:
    """Return the rows of each part; columns leave the frame one by one, so that no two copies of all are held."""
    masks = {part: chosen == part for part in PARTS}
    columns: dict[str, list[pl.Series]] = {part: [] for part in PARTS}
    for name in frame.columns:
        values = frame.drop_in_place(name)
        for part, mask in masks.items():
            columns[part].append(values.filter(mask))
    return {part: pl.DataFrame(made) for part, made in columns.items()}


def by_rarest(frame: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Add STRATUM: of the labels in a row's list the one that is rarest in the data, or nothing."""
    counts = frame[LABELS].explode(empty_as_null=True).value_counts()
    rank = {name: count for name, count in counts.iter_rows() if name in labels}
    rarest = [
        min((name for name in values if name in rank), key=lambda name: (rank[name], name), default="")
        for values in frame[LABELS].to_list()
    ]
    return frame.with_columns(pl.Series(STRATUM, rarest, dtype=pl.String))


def by_hash(units: pl.Series, seed: int) -> npt.NDArray[np.int64]:
    """Order units at random, by the sha256 of seed and unit."""
    return row_digests.order(units.cast(pl.String).fill_null("None"), f"{seed}:")


def by_time(rows: pl.DataFrame, column: str) -> npt.NDArray[np.int64]:
    """Order units by their earliest time; return the first row of each."""
    found = rows.with_row_index(ROW).group_by(UNIT).agg(pl.col(column).min(), pl.col(ROW).first())
    return found.sort(column, UNIT)[ROW].cast(pl.Int64).to_numpy()


def heads(units: pl.Series) -> npt.NDArray[np.int64]:
    """Return for each row the first row of its unit.

    >>> heads(pl.Series(["a", "b", "a"])).tolist()
    [0, 1, 0]
    """
    if row_digests.all_different(units):
        return np.arange(len(units), dtype=np.int64)
    rows = units.alias(UNIT).to_frame().with_row_index(ROW)
    return rows.select(pl.col(ROW).first().over(UNIT)).to_series().cast(pl.Int64).to_numpy()


def unite(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Name the unit of each row: groups of a column that share a duplicate, or a row, become one (union-find)."""
    if not columns:
        return frame[KEY]
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = name = parent.setdefault(above, above)
        return name

    keys = frame[KEY].to_list()
    for column in columns:
        for value, unit in zip(frame[column].to_list(), keys, strict=True):
            parent[root(f"key {unit}")] = root(f"{'group' if column != GROUP else column} {value}")
    return pl.Series(UNIT, [root(f"key {unit}") for unit in keys])


def assign(
    first: npt.NDArray[np.int64], order: npt.NDArray[np.int64], shares: Mapping[str, float], strata: pl.Series | None
) -> pl.Series:
    """Name the part of each row: walk the units in order and cut where the shares are reached, in every stratum.

    `first` is the first row of each row's unit, `order` are those rows as they are walked; a unit is of the stratum of
    its first row.
    """
    sizes = np.bincount(first, minlength=len(first))
    part = np.zeros(len(first), np.uint8)
    for unit in strata_of(order, strata):
        part[unit] = cut(sizes[unit], shares)
    return pl.Series(part[first]).replace_strict(dict(enumerate(PARTS)), return_dtype=pl.String)


def strata_of(order: npt.NDArray[np.int64], strata: pl.Series | None) -> Iterator[npt.NDArray[np.int64]]:
    """Return the units of each stratum, in their order."""
    if strata is None or not len(order):
        yield order
        return
    texts = strata.cast(pl.String)
    code = texts.cast(pl.Enum(texts.drop_nulls().unique().sort())).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    code = code[order] + 1
    by_stratum, ends = np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))
    yield from (order[one] for one in np.split(by_stratum, ends[:-1]) if len(one))


def cut(sizes: npt.NDArray[np.int64], shares: Mapping[str, float]) -> npt.NDArray[np.uint8]:
    """Assign each unit a part (its place in `PARTS`) by its middle on the line from 0 to 1.

    No part with a share stays empty if units suffice. Time runs this way too: train first, test last.
    """
    if not len(sizes):
        return np.zeros(0, np.uint8)
    done = np.cumsum(sizes)
    middle = (done - sizes + sizes / 2) / done[-1]
    before_test = shares["train"] + shares["validation"]
    parts = np.where(middle < shares["train"], 0, np.where(middle < before_test, 1, 2)).astype(np.uint8)
    wanted = [place for place, part in enumerate(PARTS) if shares[part] > 0]
    if len(sizes) >= len(wanted):
        for index, place in enumerate(reversed(wanted)):
            if not (parts == place).any():
                parts[len(parts) - 1 - index] = place
    return parts


def given(frame: pl.DataFrame, column: str, how: Split, label: str | None) -> pl.Series:
    """Read the part from a column; a missing validation part is cut from train; train gives up what the others hold."""
    values = frame[column].cast(pl.String).str.strip_chars().str.to_lowercase()
    unknown = sorted(set(values.unique().to_list()) - set(NAMES))
    if unknown:
        hint = "the column may hold train, validation (valid, val, dev) and test"
        raise Failure("TS829", f"`{column}` holds `{unknown[0]}`, which names no part", hint=hint)
    rows = frame.with_columns(values.replace_strict(NAMES).alias("__part"))
    if "validation" not in rows["__part"].unique().to_list():
        train = rows.filter(pl.col("__part") == "train")
        share = how.shares["validation"] / (how.shares["train"] + how.shares["validation"])
        shares = {"train": 1 - share, "validation": share, "test": 0.0}
        inner = assign(*walked(train[KEY], how.seed), shares, train[label] if label else None)
        moved = train.select(KEY, inner.alias("__inner")).unique(KEY, keep="last")
        rows = rows.join(moved, on=KEY, how="left", maintain_order="left")
        is_train = rows["__part"] == "train"
        rows = rows.with_columns(pl.when(is_train).then(pl.col("__inner")).otherwise(pl.col("__part")).alias("__part"))
    test = rows.filter(pl.col("__part") == "test")[KEY].implode()
    validation = rows.filter(pl.col("__part") == "validation")[KEY].implode()
    in_test, in_validation = rows[KEY].is_in(test), rows[KEY].is_in(validation)
    twice = ((rows["__part"] == "train") & (in_test | in_validation)) | ((rows["__part"] == "validation") & in_test)
    return rows["__part"].set(twice, "")


def walked(units: pl.Series, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first row of each row's unit, and those rows in the order of a hash."""
    first = heads(units)
    starts = np.flatnonzero(first == np.arange(len(first)))
    return first, starts[by_hash(units.gather(starts), seed)]
