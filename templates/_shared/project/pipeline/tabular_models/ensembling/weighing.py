"""Weigh models by what they answer on rows that none of them learnt from.

Greedy selection with replacement (Caruana and others 2004, "Ensemble Selection from Libraries of Models",
https://doi.org/10.1145/1015330.1015432), repeated on samples of the rows and averaged: a model that is ahead by chance
is not ahead in all of them, and no weight rests on a few rows.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
RowLosses: TypeAlias = Callable[[Floats], Floats]
"""Takes answers (rows x outputs); gives the loss of each row."""
PICKS, SAMPLES = 15, 30
"""Models that are picked one after the other, and samples of the rows in which that is done."""
LEAST = 0.04
"""A weight below is not worth a model in the graph."""


def weigh(answers: Sequence[Floats], losses: RowLosses, seed: int) -> list[float]:
    """Return a weight for each model, 1 in all; 0 for a model that adds nothing."""
    chance, rows = np.random.default_rng(seed), len(answers[0])
    picked = np.zeros(len(answers))
    for _ in range(SAMPLES):
        counts = np.bincount(chance.integers(0, rows, rows), minlength=rows).astype(np.float64)
        picked += greedy(answers, losses, counts)
    weights = picked / picked.sum()
    weights[weights < LEAST] = 0.0
    return [round(float(one), 4) for one in weights / weights.sum()]


def greedy(answers: Sequence[Floats], losses: RowLosses, counts: Floats) -> Floats:
    """Return each model's share of the picks up to the best mean; a row counts as often as the sample has it.

    >>> ahead, behind = np.array([[1.0], [2.0]]), np.array([[9.0], [9.0]])
    >>> greedy([ahead, behind], lambda said: (said[:, 0] - np.array([1.0, 2.0])) ** 2, np.ones(2)).tolist()
    [1.0, 0.0]
    """
    picks, total = np.zeros(len(answers)), np.zeros_like(answers[0])
    best, share = np.inf, picks
    for number in range(1, PICKS + 1):
        found = [float(losses((total + one) / number) @ counts) for one in answers]
        chosen = int(np.argmin(found))
        picks[chosen] += 1
        total = total + answers[chosen]
        if found[chosen] < best:
            best, share = found[chosen], picks / number
    return share
