"""What is answered: the likeliest class, and a score for each. Needs numpy alone."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]


def answer(tensors: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> Answer:
    """Return `label` (one a text) and `scores` (FP32, texts x classes, in the order of `labels`)."""
    scores = np.asarray(tensors["probabilities"], dtype=np.float32)
    return {"label": [labels[index] for index in scores.argmax(axis=1)], "scores": scores}
