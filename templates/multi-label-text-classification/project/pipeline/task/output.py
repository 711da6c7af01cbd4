"""What the model gives: a sigmoid for each label, its loss, and which labels reach their thresholds, in one graph."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.evaluating import label_sets
from pipeline.evaluating.label_sets import Sets
from pipeline.task import thresholds

Truth = Sets
Probabilities = npt.NDArray[np.float32]
MOST_WEIGHT = 20.0
"""What a text with a rare label counts at most, beside one without it."""


class Loss(nn.Module):
    """Binary cross-entropy of each label, smoothed and weighted as decided."""

    def __init__(self, smoothing: float, weights: Tensor | None) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.entropy = nn.BCEWithLogitsLoss(pos_weight=weights)

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Return the mean over all pairs of a text and a label."""
        wanted = truth.to(logits.dtype) * (1 - self.smoothing) + self.smoothing / 2
        value: Tensor = self.entropy(logits, wanted)
        return value


def probabilities(logits: Tensor) -> Tensor:
    """Return the probabilities of logits (texts x labels)."""
    return torch.sigmoid(logits)


def loss(settings: Params, truth: Truth, classes: int) -> nn.Module:
    """Return the loss; weights are texts without a label by those with it, where they are to be balanced."""
    weights = None
    if settings.text("model.train.class_weights") == "balanced":
        carry = np.maximum(truth.sum(axis=0), 1)
        weights = torch.tensor(np.clip((len(truth) - carry) / carry, 1.0, MOST_WEIGHT), dtype=torch.float32)
    return Loss(settings.number("model.train.label_smoothing"), weights)


def score(truth: Truth, found: Probabilities, labels: Sequence[str], metric: str) -> float:
    """Return the monitored metric at the threshold that is best for all labels together; NaN where undefined."""
    sets = truth.reshape(len(truth), -1)
    at = thresholds.highest(sets.reshape(-1) == 1, found.reshape(-1).astype(np.float64)) if sets.any() else 0.5
    chosen = (found >= at).astype(np.int64)
    return label_sets.scores(sets, found, chosen, labels).get(metric, float("nan"))


def finish(folder: Path, settings: Params, held: Callable[[], tuple[Truth, Probabilities]]) -> None:
    """Choose the thresholds by the validation split's truth and probabilities, write them, and say them."""
    truth, found = held()
    chosen = thresholds.choose(settings, truth.reshape(len(truth), -1), found.astype(np.float64))
    thresholds.write(folder, chosen)
    for one in chosen:
        print(f"train: `{one.label}` is answered from a probability of {one.value:.4f} on: {one.because}", flush=True)
