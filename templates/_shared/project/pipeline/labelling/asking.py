"""Which rows are worth asking people about: those that methods doubt, evenly over classes, and a fair sample."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.labelling.rows import Scores

CHECK, DOUBT = "check", "doubt"
"""Why a row is asked about: to learn how good the labels are, or because a label is missing or unsure."""
EVERY = 3
"""Each third row is one of the fair sample."""


def worth(probabilities: Scores, keys: Sequence[str], free: npt.NDArray[np.bool_], most: int) -> list[tuple[int, str]]:
    """Return at most `most` rows, the most useful first, each with the reason.

    `free` rows have no label of a person. Of the doubtful ones each class in turn gives the one with the least margin
    between its best two classes (Scheffer et al. 2001); every third is drawn by the hash of its key.
    """
    rows = np.flatnonzero(free)
    drawn = sorted(rows.tolist(), key=lambda row: hashlib.sha256(f"check:{keys[row]}".encode()).digest())
    doubtful = balanced(probabilities, rows.tolist(), keys)
    found: dict[int, str] = {}
    while len(found) < min(most, len(rows)):
        check = len(found) % EVERY == EVERY - 1
        queue = drawn if check else doubtful
        while queue and queue[0] in found:
            queue.pop(0)
        if queue:
            found[queue.pop(0)] = CHECK if check else DOUBT
    return list(found.items())


def balanced(probabilities: Scores, rows: Sequence[int], keys: Sequence[str]) -> list[int]:
    """Order rows by doubt, taking the likeliest classes in turn; rows without a vote are a class of their own."""
    ordered = np.sort(np.nan_to_num(probabilities, nan=0.0), axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    likeliest = np.where(np.isnan(probabilities).any(axis=1), -1, np.nan_to_num(probabilities).argmax(axis=1))
    queues: dict[int, list[int]] = {}
    for row in sorted(rows, key=lambda row: (margin[row], keys[row])):
        queues.setdefault(int(likeliest[row]), []).append(row)
    turns = [queues[label] for label in sorted(queues)]
    longest = max((len(one) for one in turns), default=0)
    return [one[turn] for turn in range(longest) for one in turns if turn < len(one)]
