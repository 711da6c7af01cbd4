"""Turn rows of a table into tensors and the graph's output into an answer: the same code in training and serving.

The tasks on tables share this file; every other task brings its own. Needs numpy alone.
See the tensors of one row: `python -m pipeline.task.processing build/artifact '{"age": [41.0], "sex": ["female"]}'`.
"""

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.tables import text_features
from pipeline.tables.column import ABSENT, KNOWN, UNSEEN, Column, Given, Raw, coded, numbers, text
from pipeline.tables.text_features import Table, TextFeatures

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]


class Processor:
    """Encode and decode for one trained model."""

    def __init__(
        self,
        columns: Sequence[Column],
        labels: Sequence[str],
        threshold: tuple[int, float] | None = None,
        tables: Mapping[str, Table] = MappingProxyType({}),
    ) -> None:
        """Take the columns, the classes, and of one class (its place) the probability from which on it is answered.

        `tables` has what is known of the n-grams of each column of texts.
        """
        self.columns, self.labels, self.threshold = tuple(columns), tuple(labels), threshold
        self.tables = dict(tables)
        self.features = text_features.features(self.columns)
        """The columns that models see."""
        self.known = [coded(column.values) if column.kind == "category" else {} for column in self.columns]
        texts = [column for column in self.columns if column.kind == "text"]
        self.texts = {column.name: TextFeatures(column.values, self.tables[column.name]) for column in texts}

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `values` (FP32) and `codes` (INT64), each rows x columns; a text has as many columns as numbers.

        A number stands in `values`, a time as days since 2000; their code is 1, or 0 where there is none. A category
        stands in `codes`. An absent column, NaN, and an empty text are missing values. Raises ValueError, with a
        reason for the sender, when columns are of unequal length or a value cannot be read.
        """
        counts = {name: len(given) for name, given in raw.items()}
        if not counts or not all(counts.values()):
            raise ValueError("the request holds no rows")
        if len(set(counts.values())) > 1:
            raise ValueError(f"the inputs hold unequal numbers of rows: {counts}")
        shape = (next(iter(counts.values())), len(self.features))
        values, codes = np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        for number, (column, place) in enumerate(zip(self.columns, text_features.places(self.columns), strict=True)):
            given = raw.get(column.name)
            if given is None:
                continue
            if column.kind == "category":
                known = {item: self._code(number, text(item)) for item in set(given)}
                codes[:, place.start] = [known[item] for item in given]
                continue
            if column.kind == "text":
                self._read(column.name, given, values[:, place], codes[:, place])
                continue
            found = numbers(column, given)
            with np.errstate(over="ignore"):
                there = np.isfinite(found.astype(np.float32))
            values[there, place.start] = found[there]
            codes[:, place.start] = there
        return {"values": values, "codes": codes}

    def _read(self, name: str, given: Given, values: npt.NDArray[np.float32], codes: npt.NDArray[np.int64]) -> None:
        """Write the numbers of texts; a text without words is a missing value."""
        known: dict[object, npt.NDArray[np.float64]] = {}
        for row, item in enumerate(given):
            plain = text(item)
            if not plain:
                continue
            if plain not in known:
                known[plain] = self.texts[name](plain)
            values[row], codes[row] = known[plain], 1

    def _code(self, place: int, value: str | None) -> int:
        column = self.columns[place]
        if value is None:
            return ABSENT
        found = self.known[place].get(value) or self.known[place].get(value.casefold())
        if found is not None:
            return found
        if not column.buckets:
            return UNSEEN
        return KNOWN + len(column.values) + zlib.crc32(value.encode()) % column.buckets

    def settle(self, tensors: Tensors, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Add which class is answered, `decided`, to a classifier's outputs."""
        if not self.labels:
            return dict(tensors)
        scores = np.asarray(tensors["probabilities"])
        decided = scores.argmax(axis=1).astype(np.int64)
        if self.threshold is not None:
            place, least = self.threshold
            others = scores.copy()
            others[:, place] = -1
            decided = np.where(scores[:, place] >= np.float32(least), place, others.argmax(axis=1)).astype(np.int64)
        return {**tensors, "decided": decided}

    def decode(self, tensors: Tensors, raw: Raw) -> Answer:
        """Return `label` and `scores` (rows x classes), or where there are no classes `value` and `interval`."""
        if self.labels:
            scores = np.asarray(tensors["probabilities"], dtype=np.float32)
            decided = self.settle(tensors, raw)["decided"]
            return {"label": [self.labels[index] for index in decided.tolist()], "scores": scores}
        return {name: np.asarray(tensors[name], dtype=np.float32) for name in ("value", "interval")}


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds columns.json and texts.npy."""
    kept = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    columns = [Column(**{**column, "values": tuple(column["values"])}) for column in kept["columns"]]
    threshold = kept.get("threshold")
    tables = text_features.load(columns, folder)
    return Processor(columns, kept["labels"], (threshold[0], threshold[1]) if threshold else None, tables)


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    kept: dict[str, object] = {"columns": [asdict(column) for column in processor.columns]}
    kept |= {"labels": list(processor.labels)}
    if processor.threshold is not None:
        kept["threshold"] = list(processor.threshold)
    (folder / "columns.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    text_features.save(processor.columns, processor.tables, folder)


FILES = ("columns.json", text_features.FILE)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    print({name: array.tolist() for name, array in load(Path(sys.argv[1])).encode(json.loads(sys.argv[2])).items()})
