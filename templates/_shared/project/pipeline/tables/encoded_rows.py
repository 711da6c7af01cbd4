"""Encoded rows of a table, as training takes them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.tables.column import Encoder, Raw

RowLoss: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Takes outputs (rows x members x outputs) and what the rows are to give; gives a loss a row."""
Judge: TypeAlias = Callable[[npt.NDArray[np.float64]], tuple[float, float]]
"""Takes outputs (rows x members x outputs) of the validation split; gives the monitored metric, and a loss for ties."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one split, and what they are to give."""

    values: Tensor
    codes: Tensor
    truth: npt.NDArray[Any]
    weight: npt.NDArray[np.float64] | None = None
    """How much each row counts in the loss; None for all alike."""

    def __len__(self) -> int:
        return len(self.truth)

    def __getitem__(self, some: slice) -> "Rows":
        weight = None if self.weight is None else self.weight[some]
        return Rows(values=self.values[some], codes=self.codes[some], truth=self.truth[some], weight=weight)


class Best:
    """The step with the best score so far; of equal scores the one with the least loss."""

    def __init__(self, better: str) -> None:
        self.sign = 1 if better == "higher" else -1
        self.top, self.step = (-math.inf, -math.inf), 0

    def offer(self, step: int, score: float, loss: float) -> bool:
        """Take a step's score and loss; tell whether it is the best now."""
        if (self.sign * score, -loss) <= self.top:
            return False
        self.top, self.step = (self.sign * score, -loss), step
        return True


def encode(
    processor: Encoder, raw: Raw, truth: npt.NDArray[Any], weight: npt.NDArray[np.float64] | None = None
) -> Rows:
    """Encode the rows of a split."""
    encoded = {name: torch.from_numpy(array) for name, array in processor.encode(raw).items()}
    return Rows(values=encoded["values"], codes=encoded["codes"], truth=truth, weight=weight)
