"""What is measured of sets of labels, and how good simple baselines are on the same texts."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.evaluating.label_sets import UNDEFINED, Floats, Sets, scores
from pipeline.task import data, thresholds

__all__ = ["UNDEFINED", "baselines", "measure"]
EVERY = 5
"""Of so many training texts one is kept back to choose the baseline's threshold."""


def measure(truth: Sets, answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs."""
    chosen = np.asarray(answers["chosen"], dtype=np.int64)
    return scores(truth, np.asarray(answers["probabilities"], dtype=np.float64), chosen, labels)


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no neural network.

    The set of labels that is most frequent; the labels that are always answered where their shares make the best F1;
    and TF-IDF with a logistic regression for each label.
    """
    known, truth = data.truth(train, labels), data.truth(split, labels)
    shares = np.tile(known.mean(axis=0), (len(truth), 1))
    usual, _ = min(Counter(map(tuple, known.tolist())).items(), key=lambda one: (-one[1], one[0]))
    learned, at = tfidf(data.texts(train), known, data.texts(split))
    return {
        "trivial": scores(truth, shares, np.tile(np.array(usual, np.int64), (len(truth), 1)), labels),
        "shares": scores(truth, shares, np.tile(always(known), (len(truth), 1)), labels),
        "tfidf": scores(truth, learned, (learned >= at).astype(np.int64), labels),
    }


def always(known: Sets) -> Sets:
    """Return the labels that give the best micro F1 when every text gets them: the most frequent ones, so many.

    >>> always(np.array([[1, 0, 1], [1, 0, 0], [1, 1, 0]])).tolist()
    [1, 0, 0]
    """
    counts = known.sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    hits, rows = np.cumsum(counts[order]), np.arange(1, len(counts) + 1) * len(known)
    most = int(np.argmax(2 * hits / np.maximum(counts.sum() + rows, 1)))
    chosen = np.zeros(len(counts), np.int64)
    chosen[order[: most + 1]] = 1
    return chosen


def tfidf(texts: Sequence[str], known: Sets, asked: Sequence[str]) -> tuple[Floats, float]:
    """Return the probabilities of other texts' labels, and the threshold that is best on texts kept back."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    back = np.arange(len(texts)) % EVERY == EVERY - 1
    rare = 2 if len(texts) >= 100 else 1
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=rare, max_features=50_000)
    seen = words.fit_transform([text for text, kept in zip(texts, back, strict=True) if not kept])
    held = words.transform([text for text, kept in zip(texts, back, strict=True) if kept])
    new, found = words.transform(asked), {}
    for name, rows in (("held", held), ("new", new)):
        found[name] = np.zeros((rows.shape[0], known.shape[1]))
    for place in range(known.shape[1]):
        wanted = known[~back, place]
        if wanted.min() == wanted.max():
            for one in found.values():
                one[:, place] = wanted[0]
            continue
        # SAGA on sparse rows is eight times faster than L-BFGS, with the same answers
        regression = LogisticRegression(C=10.0, max_iter=200, tol=1e-3, solver="saga", random_state=0)
        regression.fit(seen, wanted)
        for name, rows in (("held", held), ("new", new)):
            found[name][:, place] = regression.predict_proba(rows)[:, 1] if rows.shape[0] else 0.0
    carried = known[back].reshape(-1) == 1
    return found["new"], thresholds.highest(carried, found["held"].reshape(-1)) if carried.any() else thresholds.EVEN
