"""A packaged model that answers rows by the thousand: encode, graph, decode, in batches of a fitting size."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from pipeline.base.contract import Array, Contract, Port, Raw
from pipeline.protocol import answer_columns
from pipeline.protocol.answer_columns import Values
from pipeline.server.bundle import Bundle

Inputs: TypeAlias = Raw
Answered: TypeAlias = dict[str, Values]
FEW, MANY = 8, 4096
"""Inputs of one run of the graph: where their lengths differ, and of short rows of equal length."""
NUMBERS = 2**16
"""Numbers of one input tensor, about: what lies in the cache of a core."""
ENCODED = 2**21
"""Numbers of one tensor that are encoded together: a value that many rows have is read once for all of them."""
TYPES: Mapping[str, type[pl.DataType]] = {
    "BOOL": pl.Boolean,
    "INT8": pl.Int8,
    "INT16": pl.Int16,
    "INT32": pl.Int32,
    "INT64": pl.Int64,
    "UINT8": pl.UInt8,
    "FP16": pl.Float32,
    "FP32": pl.Float32,
    "FP64": pl.Float64,
}


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How many rows go through the graph together. It follows from the contract: the same rows, the same answers."""

    rows: int
    encoded: int
    """Rows that are encoded together, and run in batches of `rows`."""
    by_length: bool
    """Whether rows of similar length go together."""


def batching(agreed: Contract) -> Batching:
    """Return how rows are put into batches.

    >>> values = Port(name="values", kind="tensor", datatype="FP32", shape=(-1, 12))
    >>> batching(Contract(raw=(), inputs=(values,), outputs=(), answer=()))
    Batching(rows=4096, encoded=172032, by_length=False)
    """
    if any(size < 0 for port in agreed.inputs for size in port.shape[1:]):
        return Batching(rows=FEW, encoded=FEW, by_length=True)
    most = max(1, *(math.prod(port.shape[1:]) for port in agreed.inputs))
    rows = max(FEW, min(MANY, NUMBERS // most))
    widest = max([most, *(math.prod(abs(size) for size in port.shape[1:]) for port in agreed.outputs)])
    return Batching(rows=rows, encoded=max(1, ENCODED // widest // rows) * rows, by_length=False)


def answer(bundle: Bundle, inputs: Inputs) -> tuple[Answered, list[str | None]]:
    """Return the answers of rows by column, and for each row why there is none.

    Rows without an answer have none in the columns: those are as long as there are answers.
    """
    how, count = batching(bundle.contract), len(next(iter(inputs.values())))
    order = list(range(count))
    if how.by_length:
        order.sort(key=lambda row: sum(extent(values[row]) for values in inputs.values()))
    problems: list[str | None] = [None] * count
    parts: list[Answered] = []
    for start in range(0, count, how.encoded):
        rows = order[start : start + how.encoded]
        parts += _answers(bundle, inputs, rows, problems, how)
    found = {name: joined([part[name] for part in parts]) for name in (parts[0] if parts else ())}
    if how.by_length:
        good = [row for row in order if problems[row] is None]
        place = np.argsort(np.array(good, dtype=np.int64), kind="stable").tolist()
        found = {name: picked(values, place) for name, values in found.items()}
    return found, problems


def _answers(
    bundle: Bundle, inputs: Inputs, rows: list[int], problems: list[str | None], how: Batching
) -> list[Answered]:
    """Answer some rows; where one of them cannot be encoded, it is found by halving and gets its reason."""
    some = {name: _some(values, rows, contiguous=not how.by_length) for name, values in inputs.items()}
    try:
        tensors = bundle.processor.encode(some)
    except ValueError as error:
        if len(rows) == 1:
            problems[rows[0]] = str(error).removeprefix("row 0 of ")
            return []
        middle = len(rows) // 2
        return [
            found for half in (rows[:middle], rows[middle:]) for found in _answers(bundle, inputs, half, problems, how)
        ]
    answers = bundle.processor.decode(_run(bundle, tensors, how.rows), some)
    labels = bundle.settings.texts("labels")
    return [
        {
            name: values
            for port in bundle.contract.answer
            for name, values in answer_columns.columns(port, answers[port.name], labels).items()
        }
    ]


def _run(bundle: Bundle, tensors: Mapping[str, Array], rows: int) -> dict[str, Array]:
    """Run the graph on encoded rows, so many at a time."""
    count = len(next(iter(tensors.values())))
    parts = [
        bundle.run({name: array[start : start + rows] for name, array in tensors.items()})
        for start in range(0, count, rows)
    ]
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _some(values: Values, rows: Sequence[int], *, contiguous: bool) -> Values:
    if contiguous:
        return values[rows[0] : rows[-1] + 1]
    if isinstance(values, np.ndarray):
        return np.asarray(values[list(rows)])
    chosen: list[Any] = [values[row] for row in rows]
    return chosen


def extent(value: object) -> int:
    """Return the length of a text or of a file."""
    return len(value) if isinstance(value, str | bytes) else 0


def joined(parts: Sequence[Values]) -> Values:
    """Put columns one below the other."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate([part for part in parts if isinstance(part, np.ndarray)])
    found: list[Any] = [item for part in parts for item in part]
    return found


def picked(values: Values, place: Sequence[int]) -> Values:
    """Put rows into another order."""
    return _some(values, place, contiguous=False)


def schema(bundle: Bundle) -> dict[str, pl.DataType]:
    """Return name and type of each column of the answers; files become paths."""
    labels, found = bundle.settings.texts("labels"), dict[str, pl.DataType]()
    for port in bundle.contract.answer:
        kind = pl.String if answer_columns.width(port) is None else TYPES.get(port.datatype, pl.String)
        found |= {name: kind() for name in answer_columns.names(port, labels)}
    return found


Save: TypeAlias = Callable[[Port, int, bytes], str]
"""Writes a file of an answer: its port, the row's place, the content; gives its path."""


def frame(bundle: Bundle, found: Answered, problems: Sequence[str | None], save: Save) -> pl.DataFrame:
    """Return the answers of all rows; those without one are null."""
    rows = [row for row, why in enumerate(problems) if why is None]
    whole = len(rows) == len(problems)
    made = {}
    ports = {name: port for port in bundle.contract.answer for name in answer_columns.names(port, ())}
    for name, kind in schema(bundle).items():
        values = found.get(name, [])
        port = ports.get(name)
        if port is not None and port.binary and port.datatype == "BYTES":
            values = [save(port, row, item) for row, item in zip(rows, values, strict=True) if isinstance(item, bytes)]
        made[name] = pl.Series(name, values, dtype=kind)
        if not whole:
            there = pl.DataFrame({"row": pl.Series(rows, dtype=pl.Int64), name: made[name]})
            every = pl.DataFrame({"row": pl.Series(range(len(problems)), dtype=pl.Int64)})
            made[name] = every.join(there, on="row", how="left", maintain_order="left")[name]
    return pl.DataFrame(made)
