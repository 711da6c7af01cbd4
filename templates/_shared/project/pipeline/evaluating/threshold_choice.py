"""The threshold on the score of a class that keeps what was asked for, chosen on rows that were not learnt.

A bound is kept with a margin, so that it holds on rows that were not looked at: the end of the interval of Wilson
(1927) counts, at a confidence of 95 %, and not the rate itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.evaluating.operating_points import Floats, OperatingPoints, wilson

RATES: Mapping[str, bool] = {"recall": True, "precision": True, "f1": True, "specificity": True, "fpr": False}
"""Metrics of one class that a threshold moves; whether higher is better."""
SURE = 1.6449
"""Standard deviations of a one-sided interval of 95 %."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A rate of the class that was asked for."""

    rate: str
    least: float

    def kept(self, found: OperatingPoints, *, sure: bool) -> npt.NDArray[np.bool_]:
        """Tell which points keep it, the interval's end or the rate itself."""
        return np.asarray(self.room(found, sure=sure) >= 0)

    def room(self, found: OperatingPoints, *, sure: bool) -> Floats:
        """Return by how much each point keeps it."""
        rate, trials = found.rate(self.rate), found.trials(self.rate)
        sign = 1 if RATES[self.rate] else -1
        end = wilson(rate, trials, -sign * SURE) if sure else rate
        return np.asarray(sign * (end - self.least))


def complement(bounds: Sequence[Bound]) -> str:
    """Return the rate that is made as high as the bounds let it: precision where recall is bound, else recall."""
    return "precision" if any(one.rate == "recall" for one in bounds) else "recall"


def best(found: OperatingPoints, bounds: Sequence[Bound]) -> tuple[int, str]:
    """Return the best point that keeps all bounds: with a margin, else without, else the nearest to that."""
    goal = found.rate(complement(bounds))
    for sure, how in ((True, "with a margin for rows not seen"), (False, "without room for a margin")):
        kept = np.logical_and.reduce([one.kept(found, sure=sure) for one in bounds])
        if kept.any():
            top = goal[kept].max()
            return int(np.flatnonzero(kept & (goal >= top - 1e-12))[-1 if sure else 0]), how
    short = np.sum([np.minimum(0, one.room(found, sure=False)) for one in bounds], axis=0)
    return int(short.argmax()), "which no threshold gives on the validation rows"
