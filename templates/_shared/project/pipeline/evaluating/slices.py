"""How good a model is on parts of a split: values and ranges of columns, lengths of texts, source files.

A part is called worse only where the whole split is better by more than three standard deviations of the part's
bootstrap (Efron 1979): many parts are looked at, and one of them is bad by chance.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.contract import Port
from pipeline.reporting.numbers import plain

LEAST, MOST_VALUES, RANGES, MOST_COLUMNS = 20, 8, 4, 12
"""Rows of a part; values of a column that are parts of their own; ranges of numbers; columns that are looked at."""
RESAMPLES, MOST_ROWS, DEVIATIONS, SEED = 100, 1000, 3.0, 20_240_501
SENTENCE = 24
"""Letters from which on a text is one to read, whose length matters, and not a name."""
OF_SEVERAL = frozenset({"auroc", "average_precision", "kappa", "mcc", "r2"})
"""Metrics that say nothing where all rows have the same truth."""
DATE = r"^\d{4}-\d{2}-\d{2}"
Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of a split, by what a column holds."""

    by: str
    value: str
    rows: Rows


def parts(frame: pl.DataFrame, ports: Sequence[Port]) -> Iterator[Part]:
    """Return the parts of a split: by each input that a request has, and by the file that a row is from.

    Parts of fewer than LEAST rows, and a column that makes a single one, are left out.
    """
    read = [port for port in ports if port.role in frame.columns and not (port.datatype == "BYTES" and port.binary)]
    by = [named for port in read[:MOST_COLUMNS] for named in cut(port.name, frame[port.role])]
    by.append(("file", frame["id"].str.extract(r"^(.+):\d+$")))
    for name, values in by:
        found = [Part(by=name, value=value, rows=rows) for value, rows in grouped(values) if len(rows) >= LEAST]
        if len(found) > 1:
            yield from found


def cut(name: str, values: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    """Return what a column is cut by, as texts: its values, ranges of its numbers, or the length of its texts."""
    if values.dtype.is_numeric():
        yield name, (ranges(values.cast(pl.Float64)) if values.n_unique() > MOST_VALUES else written(values))
    elif values.dtype == pl.String:
        known = values.drop_nulls()
        if len(known) and bool(known.str.contains(DATE).all()):
            years = known.str.slice(0, 4).n_unique() > 1
            yield name, values.str.slice(0, 4 if years else 7)
        elif len(known) and float(known.str.len_chars().median() or 0) >= SENTENCE:  # type: ignore[arg-type]
            yield f"length of {name}", ranges(values.str.len_chars().cast(pl.Float64))
        else:
            yield name, values
    elif values.dtype == pl.Boolean:
        yield name, values.cast(pl.String)


def written(values: pl.Series) -> pl.Series:
    """Write the few numbers of a column."""
    return pl.Series([None if value is None else plain(float(value)) for value in values.to_list()], dtype=pl.String)


def ranges(values: pl.Series) -> pl.Series:
    """Say in which quarter of the rows each number lies, by its bounds."""
    kept = values.fill_nan(None)
    borders = [kept.quantile(place / RANGES) for place in range(RANGES + 1)]
    edges = sorted({edge for edge in borders if edge is not None})
    if len(edges) < 3:
        return written(kept)
    names = [f"over {plain(low)} to {plain(high)}" for low, high in itertools.pairwise(edges)]
    names[0] = names[0].removeprefix("over ")
    places = np.searchsorted(edges[1:-1], kept.fill_null(0.0).to_numpy(), side="left")
    there = kept.is_not_null().to_list()
    return pl.Series([names[at] if known else None for at, known in zip(places, there, strict=True)], dtype=pl.String)


def grouped(values: pl.Series) -> Iterator[tuple[str, Rows]]:
    """Return the rows of each frequent value, those of all others, and those without one."""
    counted = (
        values.drop_nulls().value_counts(sort=True, name="rows").sort("rows", values.name, descending=[True, False])
    )
    frequent = counted[values.name].head(MOST_VALUES).to_list()
    for value in frequent:
        yield value, places(values == value)
    yield "other values", places(values.is_not_null() & ~values.is_in(frequent))
    yield "missing", places(values.is_null())


def places(mask: pl.Series) -> Rows:
    """Return where a mask holds."""
    return np.flatnonzero(mask.fill_null(False).to_numpy()).astype(np.int64)


def scored(
    found: Sequence[Part],
    whole: float,
    metric: str,
    measure: Callable[[Rows], Mapping[str, float]],
    truth: Sequence[object] | npt.NDArray[np.generic],
    *,
    higher: bool,
) -> pl.DataFrame:
    """Return each part with its score, the interval, and `worse` or `better` where it is that beyond chance.

    The parts that are worst beside the whole come first.
    """
    chance, rows = np.random.default_rng(SEED), list[tuple[object, ...]]()
    for part in found:
        if metric in OF_SEVERAL and len(set(np.asarray(truth)[part.rows].tolist())) < 2:
            continue
        value = measure(part.rows).get(metric, math.nan)
        some = part.rows if len(part.rows) <= MOST_ROWS else chance.choice(part.rows, MOST_ROWS, replace=False)
        draws = [measure(chance.choice(some, len(some))).get(metric, math.nan) for _ in range(RESAMPLES)]
        kept = np.array([draw for draw in draws if math.isfinite(draw)])
        if not math.isfinite(value) or len(kept) < RESAMPLES // 2:
            continue
        spread = float(kept.std()) * math.sqrt(len(some) / len(part.rows))
        off = (value - whole) * (1 if higher else -1)
        note = "" if abs(off) <= DEVIATIONS * spread or spread == 0 else "worse" if off < 0 else "better"
        low, high = value - 1.96 * spread, value + 1.96 * spread
        rows.append((part.by, part.value, len(part.rows), value, low, high, note, off / max(spread, 1e-12)))
    names = ["column", "part", "rows", metric, "low", "high", "note", "order"]
    kinds = dict.fromkeys(names, pl.Float64) | {
        "column": pl.String,
        "part": pl.String,
        "note": pl.String,
        "rows": pl.Int64,
    }
    return pl.DataFrame(rows, schema=kinds, orient="row").sort("order", maintain_order=True).drop("order")
