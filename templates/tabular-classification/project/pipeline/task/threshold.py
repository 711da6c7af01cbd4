"""Choose from which probability on a class is answered: by the bounds that were asked for, or by what mistakes cost.

It is chosen on the validation split. A bound is kept with a margin, so that it holds on rows that were not looked at:
the end of the interval of Wilson (1927) counts, at a confidence of 95 %, and not the rate itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.evaluating.operating_points import Floats, OperatingPoints, points, wilson

RATES: Mapping[str, bool] = {"recall": True, "precision": True, "f1": True, "specificity": True, "fpr": False}
"""Metrics of one class that a threshold moves; whether higher is better."""
OTHERS: Mapping[str, str] = {"recall": "specificity", "specificity": "recall", "fpr": "recall"}
"""What a rate of one of two classes is for the other; a rate of false alarms is what the other's recall lacks."""
SURE = 1.6449
"""Standard deviations of a one-sided interval of 95 %."""
LIKELIEST = 0.5


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


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A threshold, and what is said of it."""

    value: float | None
    """None: the likeliest class is answered."""
    place: int = 1
    """Of which class it is."""
    told: str = ""


def choose(settings: Params, truth: npt.NDArray[np.int64], probabilities: Floats, plain: float | None) -> Choice:
    """Choose the threshold that params.yaml asks for.

    `plain` is the second class's probability from which on it was the likeliest before calibration moved it; None where
    it still is. Raises Failure TS820 where nothing says what mistakes cost.
    """
    wanted, labels = settings.value("model.threshold"), settings.texts("labels")
    label = settings.value("positive")
    if wanted == "likeliest" or not isinstance(label, str):
        return Choice(value=plain)
    place = labels.index(label)
    if isinstance(wanted, int | float):
        told = f"`{label}` is answered from a probability of {wanted:g} on, as stated"
        return Choice(value=float(wanted), place=place, told=told)
    if wanted == "costs":
        costs = of_mistakes(settings)
        if not costs:
            hint = "write `task: {options: {costs: {missed: 10, false_alarm: 1}}}`"
            raise Failure("TS820", "`model.threshold` is `costs`, but nothing says what mistakes cost", hint=hint)
        value = costs["false_alarm"] / (costs["false_alarm"] + costs["missed"])
        told = f"a missed `{label}` costs {costs['missed']:g}, a false alarm {costs['false_alarm']:g}"
        return Choice(value=value, place=place, told=f"{told}: it is answered from a probability of {value:.4f} on")
    bounds = asked(settings)
    if not bounds:
        return Choice(value=plain, told=f"no objective bounds a rate of `{label}`: the likeliest class is answered")
    found = points(truth == place, np.asarray(probabilities[:, place], np.float64))
    at, how = best(found, bounds)
    told = ", ".join(f"{one.rate} {found.rate(one.rate)[at]:.3f} (asked: {one.least:g})" for one in bounds)
    other = complement(bounds)
    told += f", {other} {found.rate(other)[at]:.3f}" if other not in {one.rate for one in bounds} else ""
    value = float(found.threshold[at])
    told = f"`{label}` is answered from a probability of {value:.4f} on: {told}, {how}"
    return Choice(value=value, place=place, told=told)


def of_mistakes(settings: Params) -> dict[str, float]:
    """Return what a missed row of the positive class and a false alarm cost; nothing where nothing is stated."""
    costs = settings.mapping("options").get("costs")
    kept = costs if isinstance(costs, Mapping) else {}
    return {name: float(value) for name, value in kept.items() if isinstance(value, int | float)}


def asked(settings: Params) -> Sequence[Bound]:
    """List the bounds on rates of the positive class; of two classes, what the other finds is what this one leaves."""
    found, two = [], len(settings.texts("labels")) == 2
    for one in settings.mappings("objectives"):
        rate, least = str(one["metric"]).partition(".")[0], one["bound"]
        if not isinstance(least, int | float) or rate not in RATES:
            continue
        if one["class"] == settings.value("positive"):
            found.append(Bound(rate=rate, least=float(least)))
        elif two and rate in OTHERS:
            found.append(Bound(rate=OTHERS[rate], least=1 - float(least) if rate == "fpr" else float(least)))
    return found


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
