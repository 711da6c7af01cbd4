"""Splits that differ in what stands together: a model is asked which part a row is in (adversarial validation).

Columns that differ each by itself are told by the quick checks. Here the area under the ROC curve counts, on rows that
the model did not see, with its standard error (Hanley and McNeil, 1982, https://doi.org/10.1148/radiology.143.1.7063747).
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

from ..findings import Finding, finding
from ..subject import Subject
from .label_errors import LONGEST, MOST, numbers

ENOUGH = 100
"""Rows of each part below which no model is fitted."""
APART = 0.65
"""Area under the ROC curve from which parts differ; 0.5 is that of chance."""
ERRORS = 5.0
"""Standard errors that it lies above 0.5 at least."""
FOLDS, SEED = 3, 0
ROUNDS = 40
LEAF = 50
"""A leaf of a tree holds one of so many parts of the rows at least."""
VALUES, REPEATS = 30, 3
"""Different values of a column, and rows that share one, from which they may be those of groups such as patients."""


def split_drift(subject: Subject) -> Iterator[Finding]:
    """Say which parts a model tells from the training part, though it never saw their rows."""
    if subject.parts is None or subject.by.startswith(("time:", "group:")):
        return
    for part in ("validation", "test"):
        rows = chosen(subject.parts, part)
        is_part = np.array([one == part for one in subject.parts.gather(rows).to_list()], dtype=np.bool_)
        if min(int(is_part.sum()), int((~is_part).sum())) < ENOUGH:
            continue
        area = told_apart(subject, rows, is_part)
        if area is not None and area >= APART and area - 0.5 >= ERRORS * error(is_part):
            message = (
                f"a model tells rows of {part} from those of train: area under the ROC curve {area:.2f}, chance 0.5"
            )
            yield finding("split-drift", message, count=int(is_part.sum()))


def chosen(parts: pl.Series, part: str) -> list[int]:
    """Return the places of the rows of a part and of train, at most MOST of both, spread over all."""
    found: list[int] = []
    for name in (part, "train"):
        places = (parts == name).fill_null(False).arg_true()
        found += places.gather_every(max(1, -(-len(places) * 2 // MOST))).to_list()
    return sorted(found)


def told_apart(subject: Subject, rows: list[int], is_part: npt.NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve on rows that the model did not see; None where it has nothing to read."""
    groups: npt.NDArray[np.int64] | None = None
    values: object
    model: object
    if subject.texts is not None:
        texts = [(text or "")[:LONGEST] for text in subject.texts.gather(rows).to_list()]
        try:
            values = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000).fit_transform(texts)
        except ValueError:  # no word stands in two texts
            return None
        model = LogisticRegression(C=10.0, max_iter=300, random_state=SEED)
    elif subject.roles.features:
        by = subject.by.partition(":")[2]
        names = [one for one in subject.roles.features if one in subject.schema and one != by]
        frame = subject.frame[rows].select(names)
        values, groups = numbers(frame), alike(frame)
        model = HistGradientBoostingClassifier(
            max_iter=ROUNDS, min_samples_leaf=max(10, len(rows) // LEAF), random_state=SEED
        )
    else:
        return None
    if values is None:
        return None
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = list(kind(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(len(rows)), is_part, groups))
    if any(len(np.unique(is_part[learnt])) < 2 for learnt, _ in folds):
        return None  # the rows of a part are one group, which cannot be learnt from and asked about
    found = cross_val_predict(model, values, is_part, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_part, found[:, 1]))


def alike(frame: pl.DataFrame) -> npt.NDArray[np.int64] | None:
    """Number the rows by the column that tells most groups, so that none is learnt by heart; None where none does."""
    most, found = VALUES - 1, None
    for name in frame.columns:
        values = frame[name]
        if most < values.n_unique() <= len(values) / REPEATS:
            most, found = values.n_unique(), values
    return None if found is None else found.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()


def error(is_part: npt.NDArray[np.bool_]) -> float:
    """Return the standard error of the area by chance."""
    one, other = int(is_part.sum()), int((~is_part).sum())
    return math.sqrt((one + other + 1) / (12 * one * other))
