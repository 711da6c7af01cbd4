"""Observed -> warnings: bounds that the splits are too small to show, however good the model is."""

import math
from collections.abc import Iterator, Mapping

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.facts import Observed, Profile
from trainerspec.ir.spec import Objective
from trainerspec.passes.positive import written_at

Z = 1.96
"""Standard errors on each side of a 95 % interval."""
CURVES = ("auroc", "average_precision", "r2", "kappa", "mcc", "coverage", "ece")
"""Ratios that are no share of examples."""
OF_CLASS = ("recall", "f1", "average_precision")
"""Metrics that count the examples of one class alone."""
SPLITS = ("validation", "test")


def decidable(observed: Observed, task: Task) -> tuple[Diagnostic, ...]:
    """Warn (TS232) of each bound that a split could not show even if every answer were right.

    Of n right answers of n the 95 % interval (Wilson 1927) begins at n / (n + z^2): 6 pictures show 61 %, 35 are
    needed for 90 %. Shares of a split that names of files or a column give are not known here, and not judged.
    """
    if observed.spec.split.by.startswith("given:"):
        return ()
    return tuple(_told(observed, task))


def shown(rows: int) -> float:
    """Return the share of right answers that `rows` of them show, all being right.

    >>> round(shown(6), 2), shown(35) >= 0.9 > shown(34)
    (0.61, True)
    """
    return rows / (rows + Z**2)


def needed(bound: float) -> int:
    """Return how many right answers show a bound.

    >>> needed(0.9), needed(0.95)
    (35, 73)
    """
    return math.ceil(Z**2 * bound / (1 - bound))


def _told(observed: Observed, task: Task) -> Iterator[Diagnostic]:
    split = observed.spec.split
    for one in observed.spec.objectives:
        bound, metric = one.bound, task.metric(one)
        counts = metric.unit == "ratio" and metric.better == "higher" and (one.family or one.metric) not in CURVES
        examples = _examples(observed.profile, one)
        if one.op not in (">", ">=") or bound is None or not 0 < bound < 1 or not counts or examples is None:
            continue
        rows = {name: math.floor(examples * getattr(split, name)) for name in SPLITS}
        few = [name for name in SPLITS if rows[name] and shown(rows[name]) < bound]
        if not few:
            continue
        of = f" of `{one.label}`" if one.label else ""
        told = " and ".join(f"{rows[name]} {name} examples{of}" for name in few)
        best = shown(min(rows[name] for name in few))
        message = f"`{one.text}` cannot be told from {told}: all right, they show {best:.0%} (95 % sure)"
        hint = f"it takes {needed(bound)} in each: add data, give these splits larger shares, or lower the bound"
        span = written_at(observed.spec, task, one)
        yield Diagnostic(code="TS232", message=message, hint=hint, severity="warning", span=span)


def _examples(profile: Profile, one: Objective) -> float | None:
    """Return how many examples a metric counts: all, or those of a class."""
    kept = profile.facts.get("kept") or profile.facts.get("rows")
    if kept is None or not isinstance(kept.value, int | float):
        return None
    shares = profile.contract.soft.get("labels.share")
    if one.label and one.family in OF_CLASS and isinstance(shares, Mapping) and one.label in shares:
        return float(kept.value) * float(str(shares[one.label]))
    return float(kept.value)
