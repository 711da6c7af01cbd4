"""Choose from which probability on a class is answered: by the bounds that were asked for, or by what mistakes cost.

It is chosen on the validation split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.evaluating.operating_points import Floats, points
from pipeline.evaluating.threshold_choice import RATES, Bound, best, complement

OTHERS: Mapping[str, str] = {"recall": "specificity", "specificity": "recall", "fpr": "recall"}
"""What a rate of one of two classes is for the other; a rate of false alarms is what the other's recall lacks."""
LIKELIEST = 0.5


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
