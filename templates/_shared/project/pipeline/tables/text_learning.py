"""Learn the numbers of texts in a table: some from what is predicted, the others from which n-grams stand together.

Of what is predicted, a linear model of the n-grams is fitted; of several classes the directions are kept in which its
answers differ most. A training row's own numbers come from a model of other rows (Wolpert 1992, "Stacked
Generalization", https://doi.org/10.1016/S0893-6080(05)80023-1): else they would tell its answer. The other numbers are
those of latent semantic analysis (Deerwester and others 1990), a truncated singular value decomposition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression, Ridge

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.tables import input_columns
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Rows
from pipeline.tables.text_features import READ, Floats, Table, places, weighed
from pipeline.texts import ngrams

MOST = 20_000
"""N-grams of a column that are known."""
FOLDS = 5
ROWS = 10_000
"""Rows from which a linear model learns at most, taken evenly."""
STRENGTH, STEPS, CLOSE = 4.0, 100, 1e-3
"""One over the penalty of the linear models, steps of their solver at most, and where it stops."""
Truth = npt.NDArray[np.int64] | npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Texts:
    """What was learnt of the columns of texts."""

    columns: tuple[Column, ...]
    """All columns; those of texts know their n-grams."""
    tables: Mapping[str, Table]
    apart: Mapping[str, Floats]
    """Of each column the training rows' numbers that follow from what is predicted, learnt from other rows."""

    def honest(self, rows: Rows) -> Rows:
        """Return the encoded training rows with the numbers that other rows told."""
        values = rows.values.clone()
        for column, place in zip(self.columns, places(self.columns), strict=True):
            if column.name in self.apart:
                told = torch.from_numpy(self.apart[column.name].astype(np.float32))
                values[:, place.start : place.start + told.shape[1]] = told
        return replace(rows, values=values)


def learn(
    columns: Sequence[Column], frame: pl.DataFrame, truth: Truth | None, settings: Params, say: Progress
) -> Texts:
    """Learn from the training split, for which `truth` has classes or scaled numbers.

    Without it, all numbers say which n-grams stand together.
    """
    if all(column.kind != "text" for column in columns):
        return Texts(columns=tuple(columns), tables={}, apart={})
    width = settings.integer("data.text_features")
    roles = {one.column: one.role for one in input_columns.inputs(settings)}
    learnt, tables, apart = list(columns), dict[str, Table](), dict[str, Floats]()
    for place, column in enumerate(columns):
        if column.kind != "text":
            continue
        texts = frame[roles[column.name]].fill_null("").to_list()
        vocabulary = ngrams.learn([text for text in texts if text], READ, MOST)
        seen = matrix(vocabulary, texts)
        told = np.zeros((len(vocabulary), 0))
        if truth is not None and vocabulary:
            told, apart[column.name] = directions(seen.weights, truth, width // 2)
        together = components(seen.weights, width - told.shape[1])
        tables[column.name] = np.concatenate([seen.rarity[:, None], told, together], axis=1).astype(np.float32)
        learnt[place] = replace(column, values=tuple(vocabulary), width=width, told=told.shape[1])
        say.say(f"{column.name}: {len(vocabulary)} n-grams of {len(texts)} texts become {width} numbers")
    return Texts(columns=tuple(learnt), tables=tables, apart=apart)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The n-grams of texts."""

    rarity: npt.NDArray[np.float32]
    weights: csr_matrix
    """Texts x n-grams."""


def matrix(vocabulary: Sequence[str], texts: Sequence[str]) -> Seen:
    """Return the weights of the n-grams of texts; how rare one is: log((1 + texts) / (1 + texts that hold it)) + 1."""
    counts = ngrams.Counts(vocabulary, READ)
    read = {text: counts(text) for text in dict.fromkeys(texts)}
    held = np.bincount(np.concatenate([ids for ids, _ in read.values()]), minlength=len(vocabulary) + 1)[1:]
    rarity = (np.log((1 + len(read)) / (1 + held)) + 1).astype(np.float32)
    weights = {text: weighed(ids, times, rarity.astype(np.float64)) for text, (ids, times) in read.items()}
    found = [weights[text] for text in texts]
    ends = np.cumsum([0, *(len(ids) for ids, _ in found)])
    ids = np.concatenate([np.zeros(0, np.int64), *(ids for ids, _ in found)])
    values = np.concatenate([np.zeros(0), *(weights for _, weights in found)])
    return Seen(rarity=rarity, weights=csr_matrix((values, ids, ends), shape=(len(texts), len(vocabulary))))


def directions(seen: csr_matrix, truth: Truth, most: int) -> tuple[Floats, Floats]:
    """Return the n-grams' weights for what is predicted (n-grams x directions), and the rows' answers by other rows."""
    every = np.arange(len(truth))
    sample = every[:: max(1, -(-len(truth) // ROWS))]
    whole = fitted(seen, truth, sample)
    axes = np.ones((1, 1))
    if whole.shape[1] > 1:
        axes = np.linalg.svd(whole - whole.mean(axis=1, keepdims=True), full_matrices=False)[2][:most].T
    answers = np.asarray(seen @ (whole @ axes))
    for fold in range(FOLDS):
        own = sample[fold::FOLDS]
        others = np.setdiff1d(sample, own)
        answers[own] = seen[own] @ (fitted(seen, truth, others) @ axes)
    return whole @ axes, answers


def fitted(seen: csr_matrix, truth: Truth, rows: npt.NDArray[np.int64]) -> Floats:
    """Return a linear model's weights (n-grams x outputs): of two classes and of a number one output."""
    if truth.dtype == np.float64:
        weights = Ridge(alpha=1 / STRENGTH, solver="sparse_cg", tol=1e-6).fit(seen[rows], truth[rows]).coef_
        return np.asarray(weights, np.float64)[:, None]
    classes = int(truth.max()) + 1
    found = np.zeros((seen.shape[1], 1 if classes <= 2 else classes))
    if len(np.unique(truth[rows])) > 1:
        model = LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=CLOSE).fit(seen[rows], truth[rows])
        two = np.concatenate([-model.coef_, model.coef_]) / 2
        weights = model.coef_ if classes <= 2 or len(model.coef_) > 1 else two
        found[:, [0] if classes <= 2 else model.classes_] = weights.T
    return found


def components(seen: csr_matrix, count: int) -> Floats:
    """Return the n-grams' parts in the first components (n-grams x components), zeros where there are fewer."""
    found = np.zeros((seen.shape[1], count))
    possible = min(count, seen.shape[1] - 1, seen.shape[0] - 1)
    if possible > 0:
        sample = seen[:: max(1, -(-seen.shape[0] // ROWS))]
        found[:, :possible] = TruncatedSVD(possible, random_state=0).fit(sample).components_.T
    return found
