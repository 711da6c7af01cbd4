"""Turn rows of a table into tensors and the graph's output into an answer: the same code in training and serving.

The tasks on tables share this file; every other task brings its own. Needs numpy alone.
See the tensors of one row: `python -m pipeline.task.processing build/artifact '{"age": [41.0], "sex": ["female"]}'`.
"""

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Given: TypeAlias = Sequence[str | float] | npt.NDArray[np.generic]
Raw: TypeAlias = Mapping[str, Given]
Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]
Kind: TypeAlias = Literal["number", "time", "category"]
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "."})
"""Words that stand for no value, without regard to case."""
ABSENT, UNSEEN, KNOWN = 0, 1, 2
"""Codes of a category: no value, a value that training did not have, the first that it had. A number has 0 or 1."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is read."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    """The values of a category, by code from KNOWN on."""
    buckets: int = 0
    """Codes after them that other values share by hash; 0 makes every other value UNSEEN."""

    @property
    def codes(self) -> int:
        """Count the codes of a category."""
        return KNOWN + len(self.values) + self.buckets


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, columns: Sequence[Column], labels: Sequence[str]) -> None:
        self.columns, self.labels = tuple(columns), tuple(labels)
        self.places = [coded(column.values) for column in self.columns]

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `values` (FP32) and `codes` (INT64), each rows x columns.

        A number stands in `values`, a time as days since 2000; their code is 1, or 0 where there is none. A category
        stands in `codes`. An absent column, NaN, and an empty text are missing values. Raises ValueError, with a
        reason for the sender, when columns are of unequal length or a value cannot be read.
        """
        counts = {name: len(given) for name, given in raw.items()}
        if not counts or not all(counts.values()):
            raise ValueError("the request holds no rows")
        if len(set(counts.values())) > 1:
            raise ValueError(f"the inputs hold unequal numbers of rows: {counts}")
        shape = (next(iter(counts.values())), len(self.columns))
        values, codes = np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        for place, column in enumerate(self.columns):
            given = raw.get(column.name)
            if given is None:
                continue
            if column.kind == "category":
                codes[:, place] = [self._code(place, text(item)) for item in given]
                continue
            numbers = read(column, given)
            with np.errstate(over="ignore"):
                known = np.isfinite(numbers.astype(np.float32))
            values[known, place] = numbers[known]
            codes[:, place] = known
        return {"values": values, "codes": codes}

    def _code(self, place: int, value: str | None) -> int:
        column = self.columns[place]
        if value is None:
            return ABSENT
        found = self.places[place].get(value) or self.places[place].get(value.casefold())
        if found is not None:
            return found
        if not column.buckets:
            return UNSEEN
        return KNOWN + len(column.values) + zlib.crc32(value.encode()) % column.buckets

    def decode(self, tensors: Tensors, raw: Raw) -> Answer:
        """Return `label` and `scores` (rows x classes), or where there are no classes `value` and `interval`."""
        if self.labels:
            scores = np.asarray(tensors["probabilities"], dtype=np.float32)
            return {"label": [self.labels[index] for index in scores.argmax(axis=1)], "scores": scores}
        return {name: np.asarray(tensors[name], dtype=np.float32) for name in ("value", "interval")}


def coded(values: Sequence[str]) -> dict[str, int]:
    """Return the code of each value, and of its spelling without capitals unless that is another value.

    >>> coded(["True", "no"])
    {'true': 2, 'no': 3, 'True': 2}
    """
    codes = {value: KNOWN + index for index, value in enumerate(values)}
    return {value.casefold(): code for value, code in codes.items()} | codes


def read(column: Column, given: Given) -> npt.NDArray[np.float64]:
    """Return a column's numbers, NaN where there is none. Raises ValueError for what is no number or no time."""
    if isinstance(given, np.ndarray) and given.dtype != np.object_:
        return given.astype(np.float64)
    convert = days if column.kind == "time" else number
    found = np.full(len(given), np.nan)
    for index, item in enumerate(given):
        try:
            found[index] = convert(item)
        except ValueError as error:
            wanted = "time (ISO 8601)" if column.kind == "time" else "number"
            raise ValueError(f"row {index} of input `{column.name}` is no {wanted}") from error
    return found


def text(item: object) -> str | None:
    """Return an item as a stripped text; None when it stands for no value."""
    if item is None or (isinstance(item, float) and np.isnan(item)):
        return None
    plain = item.decode() if isinstance(item, bytes) else str(item)
    plain = " ".join(plain.split())
    return None if plain.casefold() in MISSING else plain


def number(item: object) -> float:
    """Read a number; NaN for no value."""
    plain = text(item)
    return float("nan") if plain is None else float(plain)


def days(item: object) -> float:
    """Read an ISO 8601 date or time as days since 2000 (UTC where no zone is given); NaN for no value."""
    plain = text(item)
    if plain is None:
        return float("nan")
    when = datetime.fromisoformat(plain)
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH).total_seconds() / DAY


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds columns.json."""
    kept = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    columns = [Column(**{**column, "values": tuple(column["values"])}) for column in kept["columns"]]
    return Processor(columns, kept["labels"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    kept = {"columns": [asdict(column) for column in processor.columns], "labels": list(processor.labels)}
    (folder / "columns.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("columns.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    print({name: array.tolist() for name, array in load(Path(sys.argv[1])).encode(json.loads(sys.argv[2])).items()})
