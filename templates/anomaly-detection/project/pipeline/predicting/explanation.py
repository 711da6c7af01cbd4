"""Explain the scores of rows: how much of a score each column makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pipeline.graph.explainer import Explainer
from pipeline.tables.encoded_rows import encode
from pipeline.task import model, processing
from pipeline.task.model import Scorer
from pipeline.task.processing import Processor

AT_ONCE = 256
"""Rows in one run."""


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Explains by the trained model in a folder."""

    processor: Processor
    scorer: Scorer = field(repr=False)

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns."""
        return [column.name for column in self.processor.columns]

    def explain(self, raw: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """Return the contributions to the score (rows x columns and one: what no column makes)."""
        rows = encode(self.processor, raw, np.zeros(0))
        pieces = zip(torch.split(rows.values, AT_ONCE), torch.split(rows.codes, AT_ONCE), strict=True)
        with torch.inference_mode():
            found = [self.scorer(values, codes) for values, codes in pieces]
        score, parts = (torch.cat(some).double().numpy() for some in zip(*found, strict=True))
        return np.concatenate([parts, (score - parts.sum(axis=1))[:, None]], axis=1)


def load(folder: Path) -> Explainer | None:
    """Read the trained model."""
    processor = processing.load(folder)
    return Contributions(processor=processor, scorer=model.load(processor.columns, folder, "tensorrt"))
