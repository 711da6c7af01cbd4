"""Show trees each category as what its rows tell of the target, which few rows of many values can be split by.

A value's mean target is drawn to that of all rows, as much as that many rows would (Micci-Barreca 2001,
https://doi.org/10.1145/507533.507538). Training rows get what the other folds tell, or each would know its own answer.
A split of such numbers is a split of the category's codes, so that the served trees know of codes alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.tabular_models.trees import Array, Tree

Floats: TypeAlias = npt.NDArray[np.float64]
FOLDS, HELD_BACK, SEED = 10, 10.0, 7
"""Folds of the training rows; rows that the mean of all counts as."""
PLAIN = 4
"""Codes of a category, missing and unseen among them, up to which trees split it as it is."""
MOST_TARGETS = 10
"""More classes than these would make too many numbers of each category: all are split as they are."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How a category is shown to the trees: as its code, or as a number of each code."""

    category: int
    """Its place among the categories."""
    numbers: tuple[float, ...] = ()


Statistics: TypeAlias = tuple[Shown, ...]


def learn(codes: Floats, sizes: Sequence[int], targets: Floats) -> tuple[Statistics, Floats]:
    """Return how categories are shown, and what training rows show (rows x what is shown).

    `codes` are rows x categories, with so many codes each, and `targets` rows x what is predicted.
    """
    fold = np.random.default_rng(SEED).integers(0, FOLDS, len(codes))
    shown, columns = list[Shown](), [np.zeros((len(codes), 0))]
    for place, size in enumerate(sizes):
        if size <= PLAIN or targets.shape[1] > MOST_TARGETS:
            shown.append(Shown(category=place))
            columns.append(codes[:, place : place + 1])
            continue
        own = codes[:, place].astype(np.int64)
        for target in targets.T:
            middle = float(target.mean())
            found = np.zeros(len(own))
            for number in range(FOLDS):
                here = fold == number
                found[here] = means(own[~here], target[~here], size, middle)[own[here]]
            shown.append(Shown(category=place, numbers=tuple(means(own, target, size, middle).tolist())))
            columns.append(found[:, None])
    return tuple(shown), np.concatenate(columns, axis=1)


def means(codes: npt.NDArray[np.int64], target: Floats, size: int, middle: float) -> Floats:
    """Return the mean target of each code, drawn to `middle`.

    >>> means(np.array([0, 0]), np.array([1.0, 1.0]), 2, 0.4).tolist()
    [0.5, 0.4]
    """
    count, total = np.bincount(codes, minlength=size), np.bincount(codes, target, size)
    return np.asarray((total + HELD_BACK * middle) / (count + HELD_BACK), np.float64)


def show(statistics: Statistics, codes: Floats) -> Floats:
    """Return what rows show the trees (rows x what is shown)."""
    columns = [np.zeros((len(codes), 0))]
    for one in statistics:
        own = codes[:, one.category]
        columns.append((np.array(one.numbers)[own.astype(np.int64)] if one.numbers else own)[:, None])
    return np.concatenate(columns, axis=1)


def by_code(statistics: Statistics, width: int, tree: Tree) -> Tree:
    """Return a tree of `width` numbers and what is shown as one that splits categories by their codes."""
    feature, left, right = (np.array(one) for one in (tree.feature, tree.left, tree.right))
    codes = dict(tree.codes)
    for node in np.flatnonzero(feature >= width).tolist():
        one = statistics[int(feature[node]) - width]
        feature[node] = width + one.category
        if not one.numbers:
            continue
        goes = np.array(one.numbers) <= tree.threshold[node]
        if not goes.any():  # no code goes left: all go there, to what was right
            left[node], right[node], goes = right[node], left[node], ~goes
        codes[node] = np.flatnonzero(goes).tolist()
    plain = zeroed(tree, codes)
    return replace(tree, feature=feature, left=left, right=right, codes=codes, **plain)


def zeroed(tree: Tree, codes: dict[int, Sequence[int]]) -> dict[str, Array]:
    """Return thresholds and ways of missing numbers, 0 where a category is split."""
    threshold, missing = np.array(tree.threshold), np.array(tree.missing)
    threshold[list(codes)], missing[list(codes)] = 0.0, 0
    return {"threshold": threshold, "missing": missing}
