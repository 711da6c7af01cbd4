"""Columns of a table that could be the label or the text."""

import polars as pl

from trainerspec.reading import kinds

MANY = 10_000
"""Values that may tell at once that a column has more."""
MOST_CLASSES = 200
"""A column with more values than this is not offered as a label."""


def labels_of(frame: pl.DataFrame, written: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count the values of each column that could be the label, best candidate first."""
    found: dict[str, dict[str, int]] = {}
    most = min(MOST_CLASSES, max(2, frame.height // 4))
    for name, dtype in frame.schema.items():
        if kinds.of(dtype) not in ("text", "integer", "boolean") or frame[name].head(MANY).n_unique() > 2 * most + 2:
            continue
        seen = written[name].alias("label").value_counts()
        if seen.height > 2 * most + 2 and frame[name].n_unique() > 2 * most + 2:
            continue
        plain = kinds.labels(seen["label"], kinds.codes(seen["label"]))
        counts = seen.with_columns(plain).drop_nulls().group_by("label").agg(pl.col("count").sum())
        if 1 <= counts.height <= most:
            found[name] = dict(counts.sort("label").iter_rows())
    return dict(sorted(found.items(), key=lambda item: (frame.schema[item[0]] != pl.String, len(item[1]))))


def texts_of(frame: pl.DataFrame) -> tuple[str, ...]:
    """Name the columns of texts, longest mean length first."""
    strings = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    lengths = {name: frame.get_column(name).str.len_chars().mean() or 0 for name in strings}
    return tuple(sorted(strings, key=lambda name: (-float(str(lengths[name])), name)))
