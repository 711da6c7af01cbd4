"""Turn rows of a table into tensors: the same code in training and serving. Needs numpy alone."""

import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pipeline.tables import text_features
from pipeline.tables.column import ABSENT, KNOWN, UNSEEN, Column, Given, Raw, coded, numbers, words
from pipeline.tables.text_features import Table, TextFeatures


class RowEncoder:
    """Encodes the rows of some columns."""

    def __init__(self, columns: Sequence[Column], tables: Mapping[str, Table] = MappingProxyType({})) -> None:
        """Take the columns, and what is known of the n-grams of each column of texts."""
        self.columns = tuple(columns)
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
                known = {item: self._code(number, words(column, item)) for item in set(given)}
                codes[:, place.start] = [known[item] for item in given]
                continue
            if column.kind == "text":
                self._read(column, given, values[:, place], codes[:, place])
                continue
            found = numbers(column, given)
            with np.errstate(over="ignore"):
                there = np.isfinite(found.astype(np.float32))
            values[there, place.start] = found[there]
            codes[:, place.start] = there
        return {"values": values, "codes": codes}

    def _read(
        self, column: Column, given: Given, values: npt.NDArray[np.float32], codes: npt.NDArray[np.int64]
    ) -> None:
        """Write the numbers of texts; a text without words is a missing value."""
        known: dict[object, npt.NDArray[np.float64]] = {}
        for row, item in enumerate(given):
            plain = words(column, item)
            if not plain:
                continue
            if plain not in known:
                known[plain] = self.texts[column.name](plain)
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
