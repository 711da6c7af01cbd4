"""Labels that are probably wrong: confident learning on a linear model's out-of-fold probabilities.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021: a row counts as
mislabelled when another class is at least as probable as it is on average for rows of that class, and its own is not.
"""

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..findings import KEPT, Finding, finding
from ..subject import Subject

ENOUGH, EACH = 60, 10
"""Rows, and rows of each class, below which no model is fitted."""
MOST = 20_000
"""Rows that a model is fitted on, the first ones."""
FOLDS, SEED = 4, 0
GOOD = 0.75
"""Share of right answers, averaged over classes, from which the model can judge labels."""
SURE, DOUBTFUL = 0.75, 0.25
"""Probability that another class has to have at least, and the label itself at most."""
MOSTLY = 0.5
"""Share of the answers that differ from their label of which the model has to be sure."""
PLENTY = 0.2
"""Share of doubtful labels above which it is the model that is wrong."""
CATEGORIES = 30
"""Values of a column of texts that the model tells apart."""
LARGE = 1e100
"""Numbers from which squares overflow; they count as missing."""
LONGEST = 20_000
"""Characters of a text that the model reads."""


def label_errors(subject: Subject) -> Iterator[Finding]:
    """Say which labels a model that never saw them holds for wrong."""
    labels = subject.classes
    if labels is None:
        return
    rows = pl.DataFrame({"label": labels, "index": range(len(labels))}).drop_nulls()
    rows = rows.filter(pl.len().over("label") >= EACH).head(MOST)
    classes = rows["label"].unique().sort().to_list()
    if rows.height < ENOUGH or len(classes) < 2:
        return
    truth = np.array([classes.index(one) for one in rows["label"].to_list()])
    found = probabilities(subject, rows["index"].to_list(), truth)
    if found is None:
        return
    wrong = issues(truth, found)
    if not len(wrong):
        return
    places = [rows["index"][int(one)] for one in wrong]
    told = {place: classes[int(found[one].argmax())] for place, one in zip(places, wrong, strict=True)}
    shown = pl.Series([f"{labels[row]}, rather {told[row]}" if row in told else "" for row in range(max(places) + 1)])
    message = (
        f"{len(wrong)} labels of `{subject.roles.label}` are probably wrong: a model that did not see them is sure"
    )
    if rows.height == MOST < len(labels) - labels.null_count():
        message += f" (of {MOST} labels that it was asked about)"
    listed = list(subject.at(places[:KEPT], shown))
    yield finding("label-error", message, columns=[subject.roles.label], rows=listed, count=len(wrong))


def probabilities(subject: Subject, rows: list[int], truth: npt.NDArray[np.int64]) -> npt.NDArray[np.float64] | None:
    """Return what a model that never saw a row gives each class (rows x classes); None where it cannot judge."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    regression = LogisticRegression(C=1.0, max_iter=300, random_state=SEED)
    if subject.texts is not None:
        texts = [(text or "")[:LONGEST] for text in subject.texts.gather(rows).to_list()]
        try:  # how rare a word is says nothing of labels: it is counted once, over all folds
            values: object = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000).fit_transform(texts)
        except ValueError:  # no word stands in two texts
            return None
        model = regression.set_params(C=10.0, solver="saga", tol=1e-2, max_iter=100)
    elif subject.roles.features:
        table = numbers(subject.frame[rows].select(one for one in subject.roles.features if one in subject.schema))
        if table is None:
            return None
        model, values = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), regression), table
    else:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough model will do
        found = cross_val_predict(model, values, truth, cv=folds, method="predict_proba")
    guessed = found.argmax(axis=1)
    right = [float((guessed[truth == one] == one).mean()) for one in np.unique(truth)]
    return np.asarray(found, dtype=np.float64) if np.mean(right) >= GOOD else None


def numbers(frame: pl.DataFrame) -> npt.NDArray[np.float64] | None:
    """Return a table as numbers: times in days, a column for each frequent value of a text."""
    made: list[pl.Series] = []
    for name in frame.columns:
        values = frame[name]
        if values.dtype in (pl.Date, pl.Datetime):
            made.append(values.cast(pl.Datetime("us")).cast(pl.Float64) / 86_400e6)
        elif values.dtype.is_numeric() or values.dtype == pl.Boolean:
            made.append(values.cast(pl.Float64))
        elif values.dtype == pl.String:
            usual = values.drop_nulls().alias("v").value_counts(sort=True).head(CATEGORIES)["v"].to_list()
            made += [(values == one).fill_null(False).cast(pl.Float64) for one in usual]
    kept = [one for one in made if one.drop_nulls().n_unique() > 1]
    if not kept:
        return None
    table = np.column_stack([one.to_numpy() for one in kept]).astype(np.float64)
    table[~(np.abs(table) < LARGE)] = np.nan
    return table


def issues(truth: npt.NDArray[np.int64], found: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the rows whose label is confidently another one, the surest first.

    None where there are very many, or the model mostly doubts what it gets wrong: then the task is hard.
    """
    own = found[np.arange(len(truth)), truth]
    usual = np.array([found[truth == one, one].mean() for one in range(found.shape[1])])
    other = np.where(found >= np.minimum(usual, SURE), found, -1.0)
    other[np.arange(len(truth)), truth] = -1.0
    best = other.max(axis=1)
    wrong = (best >= SURE) & (own <= DOUBTFUL)
    differ = int((found.argmax(axis=1) != truth).sum())
    if wrong.sum() > PLENTY * len(truth) or wrong.sum() <= MOSTLY * differ:
        return np.array([], dtype=np.int64)
    places = np.flatnonzero(wrong)
    return places[np.argsort(own[places], kind="stable")]
