"""Measure a split, and how far chance moves what was measured: the bootstrap, by groups."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.graph.inference import Arrays

RESAMPLES = 500
"""Of the bootstrap (Efron 1979); the percentile interval."""
COVERAGE = 95.0
SEED = 20_240_501
Measured: TypeAlias = Callable[[npt.NDArray[np.int64]], Mapping[str, float]]
"""Measures a sample of the rows, given by their numbers."""


def prepared(metrics: ModuleType, measured: Measured, *about: object) -> Measured:
    """Return what measures a sample of the rows: what is given, or what the task's `metrics.sampled` makes of all rows.

    That does once what is the same for every sample, such as matching boxes.
    """
    sampled: Callable[..., Measured] | None = getattr(metrics, "sampled", None)
    return measured if sampled is None else sampled(*about)


def pick(answers: Arrays, rows: npt.NDArray[np.int64]) -> Arrays:
    """Pick rows of all outputs."""
    return {name: array[rows] for name, array in answers.items()}


def bounded(values: Mapping[str, float], low: Mapping[str, float], high: Mapping[str, float]) -> dict[str, float]:
    """Return `<metric>.low` and `<metric>.high` of each metric; the value itself where no draw defines it.

    >>> bounded({"mae": 2.0}, {"mae": 1.5}, {})
    {'mae.low': 1.5, 'mae.high': 2.0}
    """
    bounds = {f"{name}.low": low.get(name, value) for name, value in values.items()}
    return bounds | {f"{name}.high": high.get(name, value) for name, value in values.items()}


def intervals(
    groups: Sequence[object], measure: Callable[[npt.NDArray[np.int64]], Mapping[str, float]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the lower and upper bounds of each metric when the examples are drawn again, with replacement.

    Examples of one group (the sentences of a document) are drawn together: they are not independent. A draw in which
    a metric is not defined (F1 of a class that is not in it) gives none.
    """
    chance = np.random.default_rng(SEED)
    members: dict[object, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    rows = [np.array(one, dtype=np.int64) for one in members.values()]
    count = len(rows)
    drawn = (chance.integers(0, count, count) for _ in range(RESAMPLES))
    if count < len(groups):
        drawn = (np.concatenate([rows[index] for index in one]) for one in drawn)
    draws = [measure(one) for one in drawn]
    tail = (100 - COVERAGE) / 2
    names = dict.fromkeys(name for draw in draws for name in draw)
    found = {name: [draw[name] for draw in draws if not math.isnan(draw.get(name, math.nan))] for name in names}
    columns = {name: np.array(values) for name, values in found.items() if values}
    low = {name: float(np.percentile(values, tail)) for name, values in columns.items()}
    high = {name: float(np.percentile(values, 100 - tail)) for name, values in columns.items()}
    return low, high
