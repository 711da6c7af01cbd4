"""Scores of trials beside each other: which is ahead by more than the folds' noise.

The best of many trials is ahead by luck too. Where trials are scored by folds, the same in each, a trial leads another
when its mean lead is more than one standard error of the folds' leads (Breiman and others 1984, "Classification and
Regression Trees", section 3.4.3).
"""

import math
import statistics
from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState


def done(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials with a score."""
    return [one for one in study.trials if one.state == TrialState.COMPLETE and one.value is not None]


def score(trial: FrozenTrial) -> float:
    """Return the score of a trial that has one."""
    assert trial.value is not None
    return trial.value


def ahead(trial: FrozenTrial, other: FrozenTrial, sign: int) -> bool:
    """Tell whether a trial leads another by more than one standard error of the folds' leads."""
    leads = [sign * (one - its) for one, its in zip(folds(trial), folds(other), strict=True)]
    count = len(leads)
    return statistics.fmean(leads) > statistics.stdev(leads) / math.sqrt(count)


def folds(trial: FrozenTrial) -> Sequence[float]:
    """Return the score of each fold, from the means up to each that the trial told."""
    means = [0.0, *(trial.intermediate_values[step] for step in sorted(trial.intermediate_values))]
    return [number * means[number] - (number - 1) * means[number - 1] for number in range(1, len(means))]
