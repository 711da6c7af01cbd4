"""How good the labels are: against people's labels that no method learnt from, with a 95 % interval."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.labelling import confidence
from pipeline.labelling.confidence import Sure
from pipeline.labelling.rows import UNKNOWN, Rows, Scores

FEW = 30
"""Rows below which an interval says little."""


def judge(
    known: Rows, methods: Sequence[Sure], probabilities: Scores, tops: npt.NDArray[np.float64], least: float
) -> dict[str, object]:
    """Compare the labels with people's: on rows held back, or on the examples by cross-validation where none are.

    Of the rows it counts those that would be labelled, and of these the right ones.
    """
    held = known.held & (known.truth != UNKNOWN)
    how = "rows held back"
    if not held.any() and methods:
        how, held = "the examples, by cross-validation", known.truth != UNKNOWN
        folded = [Sure(name=one.name, probabilities=one.folded, folded=one.folded, loss=one.loss) for one in methods]
        probabilities, _ = confidence.surest(folded)
        tops = np.nan_to_num(probabilities.max(axis=1), nan=0.0)
    labelled = held & (tops >= least) & (tops > 0)
    right = labelled & (np.nan_to_num(probabilities, nan=0.0).argmax(axis=1) == known.truth)
    low, high = confidence.interval(int(right.sum()), int(labelled.sum()))
    return {
        "how": how,
        "rows": int(held.sum()),
        "labelled": int(labelled.sum()),
        "right": int(right.sum()),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def told(judged: Mapping[str, object]) -> str:
    """Say how good the labels are.

    >>> told({"how": "rows held back", "rows": 20, "labelled": 10, "right": 9, "low": 0.596, "high": 0.982})
    '9 of 10 right (60% to 98%), of 20 rows held back'
    """
    if not judged["labelled"]:
        return f"none of {judged['rows']} labelled rows tells how good they are"
    interval = f"{float(str(judged['low'])):.0%} to {float(str(judged['high'])):.0%}"
    return f"{judged['right']} of {judged['labelled']} right ({interval}), of {judged['rows']} {judged['how']}"


def warnings(known: Rows, judged: Mapping[str, object], taken: npt.NDArray[np.bool_]) -> list[str]:
    """Say what a reader of the figures must know."""
    found = []
    people = int((known.truth != UNKNOWN).sum())
    if not known.alone and taken.any():
        found.append(
            f"validation and test hold labels that no person gave: {people} rows labelled by people are too few to "
            "make them up; figures say how well the model agrees with these labels too"
        )
    elif int(str(judged["rows"])) < FEW and taken.any():
        found.append(
            f"only {judged['rows']} labelled rows are held back: how good labels and model are is known roughly"
        )
    if judged["labelled"] and float(str(judged["high"])) < 1 - 1 / len(known.labels) / 2:
        found.append(f"many labels are wrong: {told(judged)}")
    return found
