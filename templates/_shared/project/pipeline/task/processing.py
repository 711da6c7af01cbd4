"""Turn rows of a table into tensors and the graph's output into an answer: the same code in training and serving.

The tasks on tables share this file; every other task brings its own. Needs numpy alone.
See the tensors of one row: `python -m pipeline.task.processing build/artifact '{"age": [41.0], "sex": ["female"]}'`.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.tables import text_features
from pipeline.tables.column import Column, Raw
from pipeline.tables.row_encoder import RowEncoder
from pipeline.tables.text_features import Table

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
        self.labels, self.threshold, self.rows = tuple(labels), threshold, RowEncoder(columns, tables)
        self.columns, self.features, self.tables = self.rows.columns, self.rows.features, self.rows.tables

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `values` and `codes`, as RowEncoder does."""
        return self.rows.encode(raw)

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
    columns = [
        Column(**{**column, "values": tuple(column["values"]), "mask": tuple(column["mask"])})
        for column in kept["columns"]
    ]
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
