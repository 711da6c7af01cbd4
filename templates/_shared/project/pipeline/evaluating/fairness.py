"""How a model treats groups of rows by columns that it does not read: `data.audit`, kept beside the examples.

Selection rate, recall and false positive rate are what demographic parity, equal opportunity and equalized odds compare
(Hardt, Price, Srebro 2016, https://arxiv.org/abs/1610.02413). Intervals of rates are those of Wilson, at 95 %.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset.table_files import AUDIT
from pipeline.evaluating import slices
from pipeline.evaluating.operating_points import wilson
from pipeline.evaluating.slices import Rows

MOST_CLASSES = 5
"""Classes that each have a row a group; of more only the share of right answers is told."""
SURE = 1.96
"""Standard deviations of a two-sided interval of 95 %."""
Floats: TypeAlias = npt.NDArray[np.float64]
Cell: TypeAlias = str | int | float | None


def table(
    frame: pl.DataFrame,
    truth: Any,
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: Sequence[str],
    positive: str | None,
) -> pl.DataFrame:
    """Return a row for each group (and class): its size, and what is measured of it with its interval.

    Of classes: the share that is answered so, of all rows and of those of the class, and the share of the answers that
    is right. Of numbers: the mean difference from the truth, and the mean size of it. Empty for other answers.
    """
    rows = list[dict[str, Cell]]()
    for column in (name for name in frame.columns if name.startswith(AUDIT)):
        for part in parts(frame, column):
            told: dict[str, Cell] = {"column": column.removeprefix(AUDIT), "group": part.value, "rows": len(part.rows)}
            if labels and "chosen" in answers:
                sets = np.asarray(truth)[part.rows], np.asarray(answers["chosen"])[part.rows]
                rows += [told | one for one in several(*sets, labels)]
            elif labels and "probabilities" in answers:
                decided = np.asarray(answers.get("decided", np.asarray(answers["probabilities"]).argmax(axis=1)))
                rows += [
                    told | one for one in classified(np.asarray(truth)[part.rows], decided[part.rows], labels, positive)
                ]
            elif not labels and "value" in answers and np.asarray(truth).dtype == np.float64:
                off = np.asarray(truth, np.float64) - np.asarray(answers["value"], np.float64)
                rows.append(told | differences(off[part.rows]))
    return pl.DataFrame(rows, infer_schema_length=None)


def parts(frame: pl.DataFrame, column: str) -> Iterator[slices.Part]:
    """Return the groups of a column: its values, or ranges of its numbers."""
    for name, values in slices.cut(column, frame[column]):
        for value, rows in slices.grouped(values):
            if len(rows):
                yield slices.Part(by=name, value=value, rows=rows)


def classified(
    truth: npt.NDArray[np.generic], decided: Rows, labels: Sequence[str], positive: str | None
) -> Iterator[dict[str, Cell]]:
    """Return what is measured of the positive class, of each of a few, or of all together."""
    if positive in labels:
        wanted: Sequence[str] = [str(positive)]
    else:
        wanted = labels if len(labels) <= MOST_CLASSES else []
    for label in wanted:
        place = list(labels).index(label)
        yield of_class(label, truth == place, decided == place)
    if not wanted:
        yield rate("accuracy", int((truth == decided).sum()), len(truth))


def several(
    truth: npt.NDArray[np.generic], chosen: npt.NDArray[np.generic], labels: Sequence[str]
) -> Iterator[dict[str, Cell]]:
    """Return what is measured of each of a few labels of which a row carries any number, or of whole sets."""
    for place, label in enumerate(labels if len(labels) <= MOST_CLASSES else ()):
        yield of_class(label, truth[:, place] == 1, chosen[:, place] == 1)
    if len(labels) > MOST_CLASSES:
        yield rate("accuracy", int((truth == chosen).all(axis=1).sum()), len(truth))


def of_class(label: str, actual: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> dict[str, Cell]:
    """Return what is measured of one class: which rows are of it, and which are answered so.

    >>> told = of_class("a", np.array([True, True, False, False]), np.array([True, False, True, False]))
    >>> told["recall"], told["precision"], told["false positives"], told["selected"]
    (0.5, 0.5, 0.5, 0.5)
    """
    hits = int((actual & said).sum())
    told: dict[str, Cell] = {"class": label, "of the class": int(actual.sum())}
    told |= rate("selected", int(said.sum()), len(said)) | rate("recall", hits, int(actual.sum()))
    told |= rate("precision", hits, int(said.sum()))
    return told | rate("false positives", int(said.sum()) - hits, int((~actual).sum()))


def rate(name: str, hits: int, rows: int) -> dict[str, Cell]:
    """Return a rate with its interval; none of no rows.

    >>> {key: round(value, 3) for key, value in rate("recall", 8, 10).items()}
    {'recall': 0.8, 'recall.low': 0.49, 'recall.high': 0.943}
    """
    if not rows:
        return {name: None, f"{name}.low": None, f"{name}.high": None}
    share, count = np.array([hits / rows]), np.array([float(rows)])
    low, high = (float(wilson(share, count, side * SURE)[0]) for side in (-1, 1))
    return {name: hits / rows, f"{name}.low": low, f"{name}.high": high}


def differences(off: Floats) -> dict[str, Cell]:
    """Return the means of what is left and of its size, with intervals by their standard errors."""
    found: dict[str, Cell] = {}
    for name, values in (("bias", off), ("mean error", np.abs(off))):
        mean, error = float(values.mean()), float(values.std() / len(values) ** 0.5)
        found |= {name: mean, f"{name}.low": mean - SURE * error, f"{name}.high": mean + SURE * error}
    return found
