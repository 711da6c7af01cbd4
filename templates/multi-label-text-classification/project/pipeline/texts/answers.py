"""What is answered: the labels whose probabilities reach their thresholds, and a score for each. Needs numpy alone."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Answer: TypeAlias = dict[str, list[list[dict[str, object]]] | npt.NDArray[np.float32]]


def answer(tensors: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> Answer:
    """Return `labels` (a list of `{label, score}` for each text, the surest first) and `scores` (FP32, texts x labels).

    >>> told = answer({"probabilities": np.array([[0.4, 0.9], [0.1, 0.2]]), "chosen": np.array([[1, 1], [0, 0]])}, "ab")
    >>> told["labels"]
    [[{'label': 'b', 'score': 0.9}, {'label': 'a', 'score': 0.4}], []]
    """
    scores = np.asarray(tensors["probabilities"], dtype=np.float32)
    listed = []
    for row, chosen in zip(scores, np.asarray(tensors["chosen"]), strict=True):
        places = sorted(np.flatnonzero(chosen).tolist(), key=lambda place, row=row: (-row[place], place))  # type: ignore[misc]
        listed.append([{"label": labels[place], "score": round(float(row[place]), 6)} for place in places])
    return {"labels": listed, "scores": scores}
