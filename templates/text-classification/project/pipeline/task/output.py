"""What the model gives: the softmax of its logits, its loss, and what the graph gives. The likeliest class counts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.reporting import classification_metrics
from pipeline.training import recipe

Truth = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float32]


def probabilities(logits: Tensor) -> Tensor:
    """Return the probabilities of logits (texts x classes)."""
    return torch.softmax(logits, dim=-1)


def loss(settings: Params, truth: Truth, classes: int) -> nn.Module:
    """Return cross-entropy, smoothed and weighted as decided."""
    return recipe.cross_entropy(settings, truth, classes)


def score(truth: Truth, found: Probabilities, labels: Sequence[str], metric: str) -> float:
    """Return the monitored metric; NaN where it is not defined."""
    return classification_metrics.scores(truth, found, labels).get(metric, float("nan"))


def finish(folder: Path, settings: Params, held: Callable[[], tuple[Truth, Probabilities]]) -> None:
    """Write what else the graph needs beside the weights: nothing, for the likeliest class is answered."""
