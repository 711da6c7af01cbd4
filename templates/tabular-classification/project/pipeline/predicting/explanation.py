"""Explain the answers of rows, in log-odds: of two classes those of the second, of more those of the likeliest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars

from pipeline.graph.explainer import Explainer
from pipeline.tables import text_features
from pipeline.tables.encoded_rows import Rows, encode
from pipeline.tabular_models import contributions, tabular_model
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.task import data, processing
from pipeline.task.processing import Processor


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Explains by the trained model in a folder."""

    folder: Path
    processor: Processor
    model: Learnt = field(repr=False)
    background: Rows = field(repr=False)

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns."""
        return [column.name for column in self.processor.columns]

    def explain(self, raw: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """Return the contributions to the log-odds (rows x columns and one)."""
        rows = encode(self.processor, raw, np.zeros(0))
        each = contributions.contributions(self.model, self.folder, rows, self.background)
        found = text_features.summed(each, self.processor.columns)
        if found.shape[1] == 2:
            return found[:, 1] - found[:, 0]
        likeliest = found.sum(axis=2).argmax(axis=1)
        chosen: npt.NDArray[np.float64] = found[np.arange(len(found)), likeliest]
        return chosen


def load(folder: Path) -> Explainer | None:
    """Read the trained model, and rows of the training split to compare with."""
    processor = processing.load(folder)
    frame = polars.read_parquet("build/data/train.parquet")
    some = frame[contributions.spread(frame.height)]
    background = encode(processor, data.raw(some), np.zeros(0))
    model = tabular_model.load(processor.features, folder, "tensorrt")
    return Contributions(folder=folder, processor=processor, model=model, background=background)
