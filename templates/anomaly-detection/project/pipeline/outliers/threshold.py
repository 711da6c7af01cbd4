"""From which score on a row is an alarm: the quantile of held-out rows, or where mistakes cost the least."""

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.base.failure import Failure

Floats: TypeAlias = npt.NDArray[np.float64]


def of_share(scores: Floats, share: float) -> float:
    """Return the score that at most a `share` of rows like these exceed: a quantile of them and one more row.

    Angelopoulos, Bates 2021, "A Gentle Introduction to Conformal Prediction", https://arxiv.org/abs/2107.07511.

    >>> of_share(np.arange(99.0), 0.1), of_share(np.arange(5.0), 0.01)
    (89.0, 4.0)
    """
    ordered = np.sort(scores)
    place = math.ceil((1 - share) * (len(ordered) + 1) - 1e-9) - 1
    return float(ordered[min(max(place, 0), len(ordered) - 1)])


def expected(alarms: npt.NDArray[np.bool_]) -> float:
    """Return the share of new rows that are alarms, where a threshold made these of the held-out ones.

    Between n scores that lie by chance, the next lies above the k highest with probability (k + 1) / (n + 1): that no
    held-out row was an alarm does not mean that none will be.

    >>> expected(np.array([False] * 49)), expected(np.array([True] + [False] * 98))
    (0.02, 0.02)
    """
    return float((alarms.sum() + 1) / (len(alarms) + 1))


def of_costs(scores: Floats, truth: Floats, costs: Mapping[str, float]) -> float:
    """Return the score above which alarms cost the least on known rows, 1 for an anomaly and 0 for none.

    Of equally good ones the highest. Raises Failure TS836 where no row is known to be an anomaly.

    >>> of_costs(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0]), {"missed": 10.0, "false_alarm": 1.0})
    1.0
    """
    known = ~np.isnan(truth)
    scores, truth = scores[known], truth[known]
    if not truth.any():
        message = "no row of the validation split is known to be an anomaly, so no mistake can be counted"
        raise Failure("TS836", message, hint="label some, or write `model: {threshold: contamination}`")
    lower = np.nextafter(np.float32(scores.min()), np.float32(-np.inf))  # every row is an alarm
    found = np.append(np.unique(scores)[::-1], lower)
    usual, marked = (np.sort(scores[truth == value]) for value in (0, 1))
    missed = np.searchsorted(marked, found, side="right")
    false = len(usual) - np.searchsorted(usual, found, side="right")
    return float(found[(costs["missed"] * missed + costs["false_alarm"] * false).argmin()])
