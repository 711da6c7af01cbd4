"""From which probability on each label is answered: chosen on the validation split, by what is asked of the label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.base.params import Params
from pipeline.evaluating.label_sets import Sets
from pipeline.evaluating.operating_points import Floats, points
from pipeline.evaluating.threshold_choice import RATES, Bound, best

FILE = "thresholds.json"
LEAST = 8
"""Validation texts with a label, and without it, from which on it has a threshold of its own."""
EVEN = 0.5


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """One label's threshold, and why it is that."""

    label: str
    value: float
    because: str


def choose(settings: Params, truth: Sets, probabilities: Floats) -> list[Threshold]:
    """Choose a threshold for each label.

    A number in params.yaml holds for all. Else a label of which objectives bound a rate keeps these bounds; another one
    has that of its best F1. A label of few validation texts has the one that is best for all labels together.
    """
    labels, wanted = settings.texts("labels"), settings.value("model.threshold")
    if isinstance(wanted, int | float):
        return [Threshold(label=label, value=float(wanted), because="as stated") for label in labels]
    scores, asked = np.asarray(probabilities, np.float64), bounds(settings)
    together = highest(truth.reshape(-1) == 1, scores.reshape(-1)) if truth.any() else EVEN
    made = []
    for place, label in enumerate(labels):
        carries = truth[:, place] == 1
        few = min(int(carries.sum()), int((~carries).sum())) < LEAST
        if (wished := asked.get(label)) and carries.any():
            found = points(carries, scores[:, place])
            at, how = best(found, wished)
            told = ", ".join(f"{one.rate} {found.rate(one.rate)[at]:.3f} (asked: {one.least:g})" for one in wished)
            made.append(Threshold(label=label, value=float(found.threshold[at]), because=f"{told}, {how}"))
        elif few:
            why = "few validation texts carry it, or lack it: as is best for all labels together"
            made.append(Threshold(label=label, value=together, because=why))
        else:
            made.append(Threshold(label=label, value=highest(carries, scores[:, place]), because="its best F1"))
    return made


def bounds(settings: Params) -> dict[str, list[Bound]]:
    """Return the bounds on rates of each label."""
    found: dict[str, list[Bound]] = {}
    for one in settings.mappings("objectives"):
        rate, least, label = str(one["metric"]).partition(".")[0], one["bound"], one["class"]
        if isinstance(least, int | float) and rate in RATES and isinstance(label, str):
            found.setdefault(label, []).append(Bound(rate=rate, least=float(least)))
    return found


def highest(carries: npt.NDArray[np.bool_], scores: Floats) -> float:
    """Return the threshold of the highest F1; of equal ones the middle, which holds best on other texts."""
    found = points(carries, scores)
    rates = found.rate("f1")
    equal = np.flatnonzero(rates >= rates.max() - 1e-12)
    return float(found.threshold[equal[len(equal) // 2]])


def write(folder: Path, chosen: Sequence[Threshold]) -> None:
    """Write what `read` reads."""
    (folder / FILE).write_text(json.dumps([vars(one) for one in chosen], ensure_ascii=False, indent=2) + "\n", "utf-8")


def read(folder: Path) -> list[Threshold]:
    """Read the thresholds of a trained model, in the order of its labels."""
    return [Threshold(**one) for one in json.loads((folder / FILE).read_text(encoding="utf-8"))]
