"""What is measured of a text classifier, and how good simple baselines are on the same texts."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.reporting.classification_metrics import UNDEFINED, scores
from pipeline.task import data

__all__ = ["UNDEFINED", "baselines", "measure"]


def measure(
    truth: npt.NDArray[np.int64], answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]
) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs."""
    return scores(truth, np.asarray(answers["probabilities"], dtype=np.float64), labels)


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no neural network: the class shares, and TF-IDF with logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    known, truth = data.truth(train, labels), data.truth(split, labels)
    shares = np.bincount(known, minlength=len(labels)) / len(known)
    rare = 2 if len(known) >= 100 else 1
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=rare, max_features=50_000)
    # SAGA on sparse rows is eight times faster than L-BFGS, with the same answers
    regression = LogisticRegression(C=10.0, max_iter=200, tol=1e-3, solver="saga", random_state=0)
    regression.fit(words.fit_transform(data.texts(train)), known)
    learned = np.zeros((len(truth), len(labels)))
    learned[:, regression.classes_] = regression.predict_proba(words.transform(data.texts(split)))
    return {
        "trivial": scores(truth, np.tile(shares, (len(truth), 1)), labels),
        "tfidf": scores(truth, learned, labels),
    }
