"""Turn rows of a table into tensors and scores into alarms: the same code in training and serving. Needs numpy alone.

See the tensors of one row: `python -m pipeline.task.processing build/artifact '{"amount": [41.0], "kind": ["card"]}'`.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.tables.column import Column, Raw
from pipeline.tables.row_encoder import RowEncoder

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Contribution: TypeAlias = dict[str, str | float]
Answer: TypeAlias = dict[str, list[str] | list[list[Contribution]] | npt.NDArray[np.float32]]
MOST = 10
"""Columns that an answer names, those that contribute most."""
DIGITS = 5
"""Of contributions: what is less is rounding."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, columns: Sequence[Column], threshold: float, rate: float) -> None:
        """Take the columns, the score above which a row is an alarm, and the share of held-out rows that are."""
        self.threshold, self.rate, self.rows = threshold, rate, RowEncoder(columns)
        self.columns = self.features = self.rows.columns

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `values` and `codes`, as RowEncoder does."""
        return self.rows.encode(raw)

    def settle(self, tensors: Tensors, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Add which rows are alarms, and the share that is expected to be."""
        alarm = one_each(tensors["score"]) > np.float32(self.threshold)
        return {**tensors, "alarm": alarm.astype(np.float32), "expected": np.full(len(alarm), self.rate, np.float32)}

    def decode(self, tensors: Tensors, raw: Raw) -> Answer:
        """Return `is_anomaly`, the score, and the columns that make it, the largest first."""
        alarm = self.settle(tensors, raw)["alarm"] > 0  # type: ignore[operator]
        parts = np.asarray(tensors["contributions"], np.float64).round(DIGITS)
        return {
            "is_anomaly": ["true" if one else "false" for one in alarm.tolist()],
            "score": one_each(tensors["score"]),
            "contributions": [self.named(row) for row in parts],
        }

    def named(self, parts: npt.NDArray[np.float64]) -> list[Contribution]:
        """Return the columns that raise a row's score, with how much of it each makes."""
        order = [place for place in np.argsort(-parts, kind="stable").tolist() if parts[place] > 0]
        return [{"column": self.columns[place].name, "contribution": float(parts[place])} for place in order[:MOST]]


def one_each(scores: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Return scores as [n], for Triton gives what has one number a row as [n, 1]."""
    return np.asarray(scores, np.float32).reshape(-1)


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds columns.json."""
    kept = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    columns = [
        Column(**{**column, "values": tuple(column["values"]), "mask": tuple(column["mask"])})
        for column in kept["columns"]
    ]
    return Processor(columns, kept["threshold"], kept["rate"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    kept: dict[str, object] = {"columns": [asdict(column) for column in processor.columns]}
    kept |= {"threshold": processor.threshold, "rate": processor.rate}
    (folder / "columns.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("columns.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    print({name: array.tolist() for name, array in load(Path(sys.argv[1])).encode(json.loads(sys.argv[2])).items()})
