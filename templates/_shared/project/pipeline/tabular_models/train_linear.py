"""Fit a linear model of a table with several penalties; the validation rows choose one."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder

from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Best, Judge, Rows
from pipeline.tabular_models.linear import Linear
from pipeline.training.recipe import History, Settings

Floats: TypeAlias = npt.NDArray[np.float64]
Fit: TypeAlias = Callable[[Any, Rows, float], tuple[Floats, Floats]]
"""Takes features (rows x features), their rows and an inverse penalty; gives weights (outputs x features) and bias."""
NAME = "linear"
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
"""Inverse penalties that are tried: weak weights first."""
STEPS = 1000
"""Of the solver, at most."""
UNSEEN = -20.0
"""Logit of a class that no training row has."""


def features(model: Linear, rows: Rows) -> Any:
    """Return what the weights are for, a column a value of a category (a sparse matrix, rows x features)."""
    numbers, known, categories = model.parts(rows.values, rows.codes)
    scaled = model.scaled(numbers, known).double().numpy() if model.parts.width else np.zeros((len(rows), 0))
    table, width = np.concatenate([scaled, categories.double().numpy()], axis=1), scaled.shape[1]
    coded = OneHotEncoder(categories=[np.arange(size, dtype=np.float64) for size in model.parts.sizes])
    places = {"numbers": list(range(width)), "codes": list(range(width, table.shape[1]))}
    steps = [("numbers", "passthrough", places["numbers"]), ("codes", coded, places["codes"])]
    there = [step for step in steps if step[2]]
    return ColumnTransformer(there, sparse_threshold=1.0).fit_transform(table)


def fit(
    columns: Sequence[Column],
    outputs: int,
    fitted: Fit,
    splits: tuple[Rows, Rows],
    judge: Judge,
    how: Settings,
    say: Progress,
) -> tuple[Linear, History]:
    """Fit with each penalty; give the model that the validation rows score best, and what happened."""
    started, (train, held) = time.monotonic(), splits
    model, history, best = Linear(columns, outputs), History(), Best(how.better)
    model.learn(train)
    seen, kept = features(model, train), model.state_dict()
    for number, strength in enumerate(STRENGTHS, start=1):
        model.take(*fitted(seen, train, strength))
        with torch.inference_mode():
            score, loss = judge(model(held.values, held.codes).double().numpy())
        history.losses.append((number, loss))
        history.scores.append((number, score))
        say(number, len(STRENGTHS), "penalties", f"penalty 1/{strength:g}: validation {how.metric} {score:.4f}")
        if best.offer(number, score, loss):
            kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(kept)
    history.kept, history.seconds = {NAME: best.step}, time.monotonic() - started
    return model.eval(), history


def again(columns: Sequence[Column], outputs: int, fitted: Fit, rows: Rows, number: int) -> Linear:
    """Fit rows that nothing is judged by, with the penalty of that number, from 1 on."""
    model = Linear(columns, outputs)
    model.learn(rows)
    model.take(*fitted(features(model, rows), rows, STRENGTHS[number - 1]))
    return model.eval()


def logistic(classes: int) -> Fit:
    """Return what fits a logistic regression; a class that no row has is never answered."""

    def fitted(seen: Any, rows: Rows, strength: float) -> tuple[Floats, Floats]:
        found = LogisticRegression(C=strength, max_iter=STEPS).fit(seen, rows.truth, sample_weight=rows.weight)
        weights, bias = np.zeros((classes, seen.shape[1])), np.full(classes, UNSEEN)
        two = len(found.classes_) == 2
        weights[found.classes_] = np.concatenate([-found.coef_, found.coef_]) / 2 if two else found.coef_
        bias[found.classes_] = np.concatenate([-found.intercept_, found.intercept_]) / 2 if two else found.intercept_
        return weights, bias

    return fitted


def ridge(low: float, high: float) -> Fit:
    """Return what fits a number, and its interval: as wide for each row, by the quantiles of the errors."""

    def fitted(seen: Any, rows: Rows, strength: float) -> tuple[Floats, Floats]:
        found = Ridge(alpha=1 / strength, solver="sparse_cg", tol=1e-6).fit(seen, rows.truth, sample_weight=rows.weight)
        off = np.quantile(rows.truth - found.predict(seen), [low, high])
        return np.tile(found.coef_, (3, 1)), float(found.intercept_) + np.array([0.0, *off])

    return fitted
