"""Observed -> warnings: bounds that an answer reaches which looks at no input, by the facts of the data."""

import math
from collections.abc import Callable, Iterator, Mapping

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.facts import Observed, Profile
from trainerspec.ir.spec import Objective
from trainerspec.passes.positive import written_at

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "==": lambda value, bound: value == bound,
}


def trivial(observed: Observed, task: Task) -> tuple[Diagnostic, ...]:
    """Warn (TS223) of each bound that the most frequent class, or the mean, reaches already.

    Shares and spreads are those of the whole data; the test split's are near them. Of series it is repeating the last
    season, whose scaled error is 1 by definition, on the history.
    """
    return tuple(_told(observed, task))


def _told(observed: Observed, task: Task) -> Iterator[Diagnostic]:
    answer, metric = _answer(observed.profile, task)
    for one in observed.spec.objectives:
        if one.sense != "constrain" or one.op is None or one.bound is None:
            continue
        value = metric(one)
        if value is None or not COMPARE[one.op](value, one.bound):
            continue
        shown = (
            f"{value:.1%}"
            if task.metric(one).unit == "ratio"
            else f"{value:,.0f}"
            if abs(value) >= 1000
            else f"{value:.4g}"
        )
        message = f"`{one.text}` says little: {answer} reaches {shown}"
        hint = f"choose a bound beyond {shown}"
        if task.labels == "required" and not one.metric.startswith("macro_"):
            hint += ", or bound what tells of every class, such as `macro_f1` or `recall.<class>`"
        span = written_at(observed.spec, task, one)
        yield Diagnostic(code="TS223", message=message, hint=hint, severity="warning", span=span)


def _answer(profile: Profile, task: Task) -> tuple[str, Callable[[Objective], float | None]]:
    shares = profile.contract.soft.get("labels.share")
    if task.labels == "required" and isinstance(shares, Mapping) and shares:
        parts = {str(label): float(str(share)) for label, share in shares.items()}
        usual = max(parts, key=lambda label: parts[label])
        values = classes(parts, usual)
        return (
            f"always answering `{usual}`",
            lambda one: of_one(one, parts, usual) if one.label else values.get(one.metric),
        )
    if task.contract.time is not None:
        return "repeating the last season", lambda one: 1.0 if one.metric == "mase" else None
    found = {
        name.rpartition(".")[2]: float(str(fact.value))
        for name, fact in profile.facts.items()
        if name in {f"{role}.{part}" for role in task.outputs for part in ("deviation", "distance")}
    }
    spread = numbers(found) if found else {}
    return "always answering the mean", lambda one: spread.get(one.metric)


def classes(shares: Mapping[str, float], usual: str) -> dict[str, float]:
    """Return the metrics of giving every example the shares of the classes, and so the most frequent one as answer.

    >>> found = classes({"fraud": 0.2, "legit": 0.8}, "legit")
    >>> found["accuracy"], found["macro_recall"], round(found["macro_f1"], 3)
    (0.8, 0.5, 0.444)
    """
    share, count = shares[usual], len(shares)
    f1 = 2 * share / (1 + share)
    return {
        "accuracy": share,
        "balanced_accuracy": 1 / count,
        "macro_recall": 1 / count,
        "macro_precision": share / count,
        "macro_f1": f1 / count,
        "weighted_f1": share * f1,
        "min_f1": 0.0 if count > 1 else f1,
        "recall": 1 / count,
        "precision": share / count,
        "f1": f1 / count,
        "auroc": 0.5,
        "kappa": 0.0,
        "mcc": 0.0,
        "log_loss": -sum(part * math.log(part) for part in shares.values() if part > 0),
    }


def of_one(one: Objective, shares: Mapping[str, float], usual: str) -> float | None:
    """Return a metric of one class when every example gets the most frequent one."""
    share, answered = shares.get(one.label, 0.0), one.label == usual
    found = {
        "recall": float(answered),
        "precision": share if answered else 0.0,
        "f1": 2 * share / (1 + share) if answered else 0.0,
        "average_precision": share,
        "specificity": float(not answered),
        "fpr": float(answered),
    }
    return found.get(one.family)


def numbers(spread: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics of the mean, by the numbers' standard deviation and their mean distance from it."""
    found = {"r2": 0.0}
    if "deviation" in spread:
        found |= {"rmse": spread["deviation"], "mse": spread["deviation"] ** 2}
    return found | ({"mae": spread["distance"]} if "distance" in spread else {})
