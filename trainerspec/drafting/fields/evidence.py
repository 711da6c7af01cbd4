"""What columns, classes and metrics of a request say about its task, besides its words."""

import re
from collections.abc import Sequence

from trainerspec.drafting.fields.column_cues import cued
from trainerspec.drafting.fields.column_patterns import MENTION
from trainerspec.drafting.fields.labels import Labels
from trainerspec.drafting.fields.limits import Limit

AMOUNTS = frozenset(("mae", "medae", "rmse", "rmsle", "mse", "msle", "mape", "smape", "mase", "wql", "r2"))
CLASSES = frozenset(
    re.findall(
        r"\S+",
        "accuracy balanced_accuracy macro_f1 micro_f1 weighted_f1 f1 macro_precision macro_recall precision recall "
        "missed specificity fpr auc gini average_precision log_loss kappa mcc",
    )
)
MUCH, SOME, LITTLE, AGAINST = 6.0, 4.0, 2.0, -5.0
"""What a field adds to the tasks that give such an answer, or takes from others."""
SCALED = frozenset(("mase", "smape", "wql"))
"""Errors that are told of forecasts: beside a naive forecast, or of quantiles."""


def of_fields(limits: Sequence[Limit], labels: Labels | None, *, ahead: bool = False) -> dict[str, float]:
    """Return evidence by what a task gives: `class`, `spans`, `value`, `steps`, `box`, `picture`.

    `ahead` says that the text tells how far to look ahead, and how far apart values are.
    """
    found = dict.fromkeys(("class", "spans", "value", "box", "picture"), 0.0)
    names = {metric.name for limit in limits for metric in limit.metrics}
    amounts = {one for one in names & AMOUNTS if one != "mae" or _absolute(limits)}
    if amounts:
        found["value"] += MUCH
        found["class"] += AGAINST
    elif names & CLASSES:
        found["class"] += LITTLE
        found["value"] += AGAINST
    if "entity_f1" in names:
        found["spans"] += MUCH
    if any(name.startswith("acc_at_iou") or name == "mean_iou" for name in names):
        found["box"] += MUCH
    if names & {"novelty", "fid", "clip_score"}:
        found["picture"] += MUCH
    if labels is not None and labels.sure:
        found["class"] += SOME
        found["value"] += AGAINST
    told = MUCH if names & SCALED else 0.0
    return found | {"steps": found["value"] + told + (MUCH if ahead and labels is None else 0.0)}


def _absolute(limits: Sequence[Limit]) -> bool:
    """Say whether an error is told in units of what is predicted: `on average` also stands beside times and shares."""
    said = [limit.amount for limit in limits if limit.metrics and limit.metrics[0].name == "mae"]
    return any(one.unit == "number" for one in said)


def names_text(raw: str) -> bool:
    """Say whether a request names a column that holds texts.

    >>> names_text("mails.csv, text in body"), names_text("houses.csv, column price")
    (True, False)
    """
    return any(role == "input" for role, *_ in cued(raw))


def names_text_column(raw: str, known: Sequence[str]) -> bool:
    """Say whether a request names a column by a word for texts.

    >>> names_text_column("a.csv, colonna descrizione", ["descrizione"]), names_text_column("a.csv", ["descrizione"])
    (True, False)
    """
    named = (match["q"] or match["n"] for match in MENTION.finditer(raw))
    return any(name is not None and name.lower() in known for name in named)
