"""How sure a label is: scores become probabilities that hold on the labelled rows, by cross-validation.

A method is a function from the labels that it may learn from to scores. For each fold of the examples it is asked
without them, and one temperature makes the scores of these rows honest (Guo et al. 2017), with Platt's (1999)
correction for few examples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.labelling.rows import UNKNOWN, Scores, Truth

Method: TypeAlias = Callable[[Truth], Scores]
"""Takes the labels that may be learnt from; gives scores on a logarithmic scale for all rows."""
FOLDS = 10
TEMPERATURES = np.geomspace(0.005, 20.0, 120)
Z = 1.959964
"""Of the 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Sure:
    """What a method says of all rows, with honest probabilities."""

    name: str
    probabilities: Scores
    folded: Scores
    """Of each example what is said when it is not known; NaN for other rows."""
    loss: float
    """The logarithmic loss of `folded`; infinite where there are no examples."""


def sure(methods: Mapping[str, Method], examples: Truth, default: float) -> Sure:
    """Return the best of several methods by their logarithmic loss on the examples, in cross-validation.

    `default` is the temperature where there are no examples.
    """
    found = [judged(name, method, examples, default) for name, method in methods.items()]
    return min(found, key=lambda one: one.loss)


def judged(name: str, method: Method, examples: Truth, default: float) -> Sure:
    """Ask a method about all rows, and about each example without it."""
    everything, there = method(examples), np.flatnonzero(examples != UNKNOWN)
    outside = np.full_like(everything, np.nan)
    fold = folds(examples)
    for number in range(FOLDS):
        left = there[fold[there] == number]
        if len(left):
            rest = examples.copy()
            rest[left] = UNKNOWN
            outside[left] = method(rest)[left]
    voted = there[~np.isnan(outside[there]).any(axis=1)]
    if not len(voted):
        return Sure(name=name, probabilities=softmax(everything, default), folded=outside, loss=np.inf)
    losses = [cross_entropy(softmax(outside[voted], one), examples[voted]) for one in TEMPERATURES]
    best = int(np.argmin(losses))
    folded = softmax(outside, TEMPERATURES[best])
    # rows without a vote count as chance, so that a method does not win by silence
    chance = np.log(everything.shape[1]) * (len(there) - len(voted))
    loss = (losses[best] * len(voted) + chance) / len(there)
    return Sure(name=name, probabilities=softmax(everything, TEMPERATURES[best]), folded=folded, loss=float(loss))


def folds(examples: Truth) -> npt.NDArray[np.int64]:
    """Spread the examples of each class evenly over folds."""
    fold = np.zeros(len(examples), np.int64)
    start = 0
    for label in np.unique(examples[examples != UNKNOWN]):
        members = np.flatnonzero(examples == label)
        fold[members] = (start + np.arange(len(members))) % FOLDS
        start += len(members)
    return fold


def softmax(scores: Scores, temperature: float) -> Scores:
    """Return probabilities; a row with NaN stays one.

    >>> softmax(np.array([[0.0, 0.0], [np.nan, np.nan]]), 1.0).tolist()
    [[0.5, 0.5], [nan, nan]]
    """
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    made: Scores = powers / powers.sum(axis=1, keepdims=True)
    return made


def cross_entropy(probabilities: Scores, truth: Truth) -> float:
    """Return the mean loss against truths that few examples leave in doubt: (right + 1) / (all + 2)."""
    count, classes = probabilities.shape
    doubt = 1 / (count + 2)
    wanted = np.full_like(probabilities, doubt / max(1, classes - 1))
    wanted[np.arange(count), truth] = 1 - doubt
    return float(-(wanted * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1).mean())


def threshold(confidences: npt.NDArray[np.float64], classes: int) -> float:
    """Return the confidence from which on labels are worth their noise.

    Labels of which a share `e` is wrong, evenly over the other classes, teach as much as `(1 - e c / (c - 1))^2` times
    as many right ones (Angluin and Laird 1988 for two classes); the threshold makes the most of that. 1.0 where no
    label is better than chance.

    >>> threshold(np.array([0.9, 0.9, 0.9, 0.51]), 2)
    0.9
    """
    ordered = np.sort(confidences)[::-1]
    wrong = 1 - np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    worth = np.clip(1 - wrong * classes / max(1, classes - 1), 0, None) ** 2 * np.arange(1, len(ordered) + 1)
    return float(ordered[int(np.argmax(worth))]) if len(ordered) and worth.max() > 0 else 1.0


def interval(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> low, high = interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    if not count:
        return 0.0, 1.0
    share, z2 = right / count, Z * Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z * np.sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / (1 + z2 / count)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def surest(found: Sequence[Sure]) -> tuple[Scores, list[str]]:
    """Return for each row the probabilities of the method that is surest of it, and its name; empty for no vote."""
    tops = np.stack([np.nan_to_num(one.probabilities.max(axis=1), nan=0.0) for one in found])
    best = tops.argmax(axis=0)
    rows = np.arange(tops.shape[1])
    probabilities = np.stack([one.probabilities for one in found])[best, rows]
    names = [found[index].name if tops[index, row] > 0 else "" for row, index in enumerate(best.tolist())]
    return probabilities, names
