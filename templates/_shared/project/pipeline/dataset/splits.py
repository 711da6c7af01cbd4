"""Split examples into train, validation and test, so that duplicates never stand on two sides.

The order of examples is that of a hash over seed and content: the same on any machine, whatever the order of the files.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset.table_files import GROUP, KEY, LABELS, PART

PARTS = ("train", "validation", "test")
NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
NAMED = "part"
"""What a split goes by that names of files and folders tell, where no column is called so."""
UNIT, STRATUM = "__unit", "__stratum"


@dataclass(frozen=True, kw_only=True)
class Split:
    """How to split; the shares add up to 1."""

    by: str
    """`random`, `stratified`, `group:<column>`, `time:<column>` or `given:<column>`."""
    shares: Mapping[str, float]
    seed: int


def split(frame: pl.DataFrame, how: Split, label: str | None) -> dict[str, pl.DataFrame]:
    """Return the three parts, each in the order of the frame; raises Failure TS829 when it cannot be done."""
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
    if kind == "given":
        chosen = given(frame, column, how, label)
    else:
        groups = [*([column] if kind == "group" else []), *([GROUP] if GROUP in frame.columns else [])]
        units = unite(frame, groups)
        rows = frame.with_columns(units.alias(UNIT))
        strata = label if kind == "stratified" and label is not None else None
        order = by_time(rows, column) if kind == "time" else by_hash(rows[UNIT].unique().to_list(), how.seed)
        chosen = assign(rows, order, how.shares, strata)
    parts = {part: frame.filter(chosen == part) for part in PARTS}
    for part, rows in parts.items():
        if rows.is_empty() and (how.shares[part] > 0 or kind == "given"):
            raise Failure("TS829", f"the {part} split would be empty", hint="give it a larger share, or more data")
    return parts


def by_rarest(frame: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """Add STRATUM: of the labels in a row's list the one that is rarest in the data, or nothing."""
    counts = frame[LABELS].explode(empty_as_null=True).value_counts()
    rank = {name: count for name, count in counts.iter_rows() if name in labels}
    rarest = [
        min((name for name in values if name in rank), key=lambda name: (rank[name], name), default="")
        for values in frame[LABELS].to_list()
    ]
    return frame.with_columns(pl.Series(STRATUM, rarest, dtype=pl.String))


def by_hash(units: Iterable[str], seed: int) -> list[str]:
    """Order units at random, by the sha256 of seed and unit."""
    return sorted(units, key=lambda unit: hashlib.sha256(f"{seed}:{unit}".encode()).digest())


def by_time(rows: pl.DataFrame, column: str) -> list[str]:
    """Order units by their earliest time."""
    return rows.group_by(UNIT).agg(pl.col(column).min()).sort(column, UNIT)[UNIT].to_list()


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


def assign(rows: pl.DataFrame, order: Sequence[str], shares: Mapping[str, float], strata: str | None) -> pl.Series:
    """Name the part of each row: walk the units in order and cut where the shares are reached, in every stratum."""
    rank = pl.DataFrame({UNIT: list(order), "__rank": range(len(order))}, schema={UNIT: pl.String, "__rank": pl.Int64})
    stratum = pl.col(strata).first() if strata else pl.lit("").first()
    units = rows.group_by(UNIT).agg(pl.len().alias("rows"), stratum.alias("stratum")).join(rank, on=UNIT).sort("__rank")
    told = [
        group.select(UNIT, pl.Series("__of", cut(group["rows"].to_list(), shares), dtype=pl.String))
        for _, group in units.group_by("stratum", maintain_order=True)
    ]
    if not told:
        return pl.Series([], dtype=pl.String)
    return rows.select(UNIT).join(pl.concat(told), on=UNIT, how="left", maintain_order="left")["__of"]


def cut(sizes: Sequence[int], shares: Mapping[str, float]) -> list[str]:
    """Assign each unit a part by its middle on the line from 0 to 1; no part with a share stays empty if units suffice.

    Time runs this way too: train first, test last.
    """
    total, done, parts = sum(sizes), 0, []
    for rows in sizes:
        middle = (done + rows / 2) / total
        done += rows
        before_test = shares["train"] + shares["validation"]
        parts.append("train" if middle < shares["train"] else "validation" if middle < before_test else "test")
    wanted = [part for part in PARTS if shares[part] > 0]
    if len(sizes) >= len(wanted):
        for index, part in enumerate(reversed(wanted)):
            if part not in parts:
                parts[len(parts) - 1 - index] = part
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
        train = rows.filter(pl.col("__part") == "train").with_columns(pl.col(KEY).alias(UNIT))
        share = how.shares["validation"] / (how.shares["train"] + how.shares["validation"])
        shares = {"train": 1 - share, "validation": share, "test": 0.0}
        inner = assign(train, by_hash(train[UNIT].unique().to_list(), how.seed), shares, label)
        moved = dict(zip(train[KEY].to_list(), inner.to_list(), strict=True))
        inside = pl.Series([moved.get(unit, "") for unit in rows[KEY].to_list()])
        is_train = rows["__part"] == "train"
        rows = rows.with_columns(pl.when(is_train).then(inside).otherwise(pl.col("__part")).alias("__part"))
    test = set(rows.filter(pl.col("__part") == "test")[KEY].to_list())
    validation = set(rows.filter(pl.col("__part") == "validation")[KEY].to_list()) - test
    held = [
        "" if (part == "train" and unit in test | validation) or (part == "validation" and unit in test) else part
        for part, unit in zip(rows["__part"].to_list(), rows[KEY].to_list(), strict=True)
    ]
    return pl.Series(held)
