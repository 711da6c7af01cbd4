"""Turn raw columns into a tensor and the graph's output into an answer: the same code in training and serving."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

COLUMNS = ("distance", "weight")
FILES = ("preprocess.json",)
"""What `load` needs; these files travel with the model."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, middle: Sequence[float]) -> None:
        self.middle = list(middle)

    def encode(self, raw: Mapping[str, Sequence[float]]) -> dict[str, npt.NDArray[np.generic]]:
        """Return `features` (FP32, rows x 2); what is missing becomes the middle of its column.

        Raises ValueError, with a reason for the sender, for a distance that is no distance.
        """
        columns = [np.asarray(raw[name], dtype=np.float64) for name in COLUMNS]
        if not (columns[0] >= 0).all():
            raise ValueError("a `distance` is missing or negative")
        filled = [
            np.where(np.isnan(values), middle, values) for values, middle in zip(columns, self.middle, strict=True)
        ]
        return {"features": np.stack(filled, axis=1).astype(np.float32)}

    def decode(self, tensors: Mapping[str, npt.NDArray[np.generic]], raw: object) -> dict[str, npt.NDArray[np.float32]]:
        """Return `hours` and the `range` that nine of ten deliveries keep."""
        low, middle, high = np.sort(np.asarray(tensors["quantiles"], dtype=np.float32), axis=1).T
        return {"hours": middle, "range": np.stack([low, high], axis=1)}


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds preprocess.json."""
    return Processor(json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))["middle"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    (folder / "preprocess.json").write_text(json.dumps({"middle": processor.middle}) + "\n", encoding="utf-8")
