"""Explain the answers of rows, in the unit of the number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars

from pipeline.base.files import read_numbers
from pipeline.graph.explainer import Explainer
from pipeline.tables import text_features
from pipeline.tables.encoded_rows import Rows, encode
from pipeline.tabular_models import contributions, tabular_model
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.task import data, processing
from pipeline.task.model import Scale
from pipeline.task.processing import Processor


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Explains by the trained model in a folder."""

    folder: Path
    processor: Processor
    scale: Scale
    model: Learnt = field(repr=False)
    background: Rows = field(repr=False)

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns."""
        return [column.name for column in self.processor.columns]

    def explain(self, raw: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """Return the contributions to the number (rows x columns and one)."""
        rows = encode(self.processor, raw, np.zeros(0))
        each = contributions.contributions(self.model, self.folder, rows, self.background)[:, 0]
        found = text_features.summed(each, self.processor.columns) * self.scale.spread
        found[:, -1] += self.scale.center
        return found


def load(folder: Path) -> Explainer | None:
    """Read the trained model, and rows of the training split to compare with."""
    processor = processing.load(folder)
    frame = polars.read_parquet("build/data/train.parquet")
    some = frame[contributions.spread(frame.height)]
    background = encode(processor, data.raw(some), np.zeros(0))
    model = tabular_model.load(processor.features, folder, "tensorrt")
    scale = Scale(**read_numbers(folder / "scale.json"))
    return Contributions(folder=folder, processor=processor, scale=scale, model=model, background=background)
