"""Grow gradient-boosted trees with scikit-learn and turn them into the tensors of forest.py.

Several models are grown, each on another part of the rows, and averaged: on small tables that is worth more than
larger trees. The number of rounds is the one with the best validation score.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.tables.column import ABSENT, Column
from pipeline.tables.column_encoder import Parts
from pipeline.tables.encoded_rows import Best, Judge, Rows
from pipeline.tabular_models import forest
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.trees import Tree, Trees
from pipeline.training.recipe import History, Settings

Floats: TypeAlias = npt.NDArray[np.float64]
PART = 0.85
"""Share of the rows that each of several models sees."""
MOST_TREES = 6000
"""Trees that are kept at most: walking more costs a request milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One model to grow: its loss, and the outputs that its trees add to."""

    loss: str
    outputs: Sequence[int]
    quantile: float | None = None


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A fitted model."""

    aim: Aim
    model: Any


def grow(
    columns: Sequence[Column],
    aims: Sequence[Aim],
    outputs: int,
    splits: tuple[Rows, Rows],
    judge: Judge,
    settings: Params,
    how: Settings,
    say: Progress,
) -> tuple[Forest, History]:
    """Grow a model an aim and member; give the forest with the best number of rounds, and what happened."""
    started, parts = time.monotonic(), Parts(columns)
    rows, held = splits
    members = settings.integer("model.train.members")
    train, chance = matrix(parts, rows), np.random.default_rng(how.seed)
    models: list[Grown] = []
    with threadpool_limits(settings.integer("compute.threads")):
        for member in range(members):
            chosen = np.arange(len(train))
            if members > 1:
                chosen = np.sort(chance.permutation(len(train))[: max(1, round(PART * len(train)))])
            for aim in aims:
                one = booster(aim, parts, settings, how, how.seed + member)
                weight = None if rows.weight is None else rows.weight[chosen]
                one.fit(train[chosen], rows.truth[chosen], sample_weight=weight)
                models.append(Grown(aim=aim, model=one))
            say(member + 1, members, "members", f"{member + 1} of {members} models of {how.epochs} rounds grown")
        history = History()
        rounds = best(
            staged(models, matrix(parts, held), outputs, members),
            judge,
            history,
            how,
            sum(len(one.aim.outputs) for one in models),
        )
    found = forest.made(columns, collect(models, parts, rounds, members, outputs))
    history.seconds = time.monotonic() - started
    return found, history


def booster(aim: Aim, parts: Parts, settings: Params, how: Settings, seed: int) -> Any:
    """Return an unfitted model; of the features, a share of `dropout` is not looked at in a split."""
    shared = {
        "learning_rate": how.learning_rate,
        "max_iter": how.epochs,
        "max_leaf_nodes": settings.integer("model.train.leaves"),
        "min_samples_leaf": settings.integer("model.train.least_rows"),
        "l2_regularization": how.weight_decay,
        "max_features": 1 - settings.number("model.train.dropout"),
        "categorical_features": [*[False] * parts.width, *[True] * len(parts.categories)] if parts.categories else None,
        "early_stopping": False,
        "random_state": seed,
    }
    if aim.loss == "log_loss":
        return HistGradientBoostingClassifier(loss="log_loss", **shared)
    return HistGradientBoostingRegressor(loss=aim.loss, quantile=aim.quantile, **shared)


def matrix(parts: Parts, rows: Rows) -> Floats:
    """Return numbers, then categories, as scikit-learn takes them: NaN for missing values."""
    numbers, known, categories = (tensor.numpy().astype(np.float64) for tensor in parts(rows.values, rows.codes))
    numbers[known == 0] = np.nan
    categories[categories == ABSENT] = np.nan
    return np.concatenate([numbers, categories], axis=1)


def staged(models: Sequence[Grown], held: Floats, outputs: int, members: int) -> Iterator[Floats]:
    """Return the outputs (rows x outputs) of all models together after each round."""
    running = [one.model._staged_raw_predict(held) for one in models]
    for values in zip(*running, strict=True):
        total = np.zeros((len(held), outputs))
        for one, value in zip(models, values, strict=True):
            total[:, list(one.aim.outputs)] += value.reshape(len(held), -1) / members
        yield total


def best(rounds: Iterator[Floats], judge: Judge, history: History, how: Settings, trees: int) -> int:
    """Find the number of rounds with the best score, between equal ones the least loss.

    A round has so many `trees`; at most MOST_TREES are kept.
    """
    found = Best(how.better)
    for index, outputs in enumerate(rounds, start=1):
        score, loss = judge(outputs[:, None, :])
        history.losses.append((index, loss))
        history.scores.append((index, score))
        found.offer(index, score, loss)
        if index - found.step >= how.patience or index * trees >= MOST_TREES:
            break
    return found.step


def collect(models: Sequence[Grown], parts: Parts, rounds: int, members: int, outputs: int) -> Trees:
    """Put the first rounds of all models into one forest; each model's leaves count for one member."""
    trees = Trees(outputs)
    for one in models:
        model, places = one.model, list(one.aim.outputs)
        trees.base[places] += np.ravel(model._baseline_prediction) / members
        for grown in model._predictors[:rounds]:
            for output, tree in zip(places, grown, strict=True):
                trees.add(output, plain(model, tree, parts, members))
    return trees


def plain(model: Any, tree: Any, parts: Parts, members: int) -> Tree:
    """Return one of scikit-learn's trees as arrays of inner nodes and leaves."""
    nodes = tree.nodes
    leaf = nodes["is_leaf"].astype(bool)
    inner = np.flatnonzero(~leaf)
    place = np.where(leaf, -np.cumsum(leaf), np.cumsum(~leaf) - 1)
    listed = {
        number: codes_left(model, tree, nodes[node], parts)
        for number, node in enumerate(inner)
        if nodes["is_categorical"][node]
    }
    return Tree(
        feature=order(parts, nodes["feature_idx"][inner]),
        threshold=nodes["num_threshold"][inner],
        missing=nodes["missing_go_to_left"][inner],
        left=place[nodes["left"][inner]],
        right=place[nodes["right"][inner]],
        value=nodes["value"][leaf] / members,
        codes=listed,
    )


def order(parts: Parts, features: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Undo the order in which scikit-learn keeps features: categories first."""
    count = len(parts.categories)
    return np.where(features < count, features + parts.width, features - count).astype(np.int64)


def codes_left(model: Any, tree: Any, node: Any, parts: Parts) -> list[int]:
    """List the codes that go left at a node; what training did not have goes where missing values go.

    scikit-learn numbers the codes that it saw, in order, and keeps those that go left as bits of 32-bit words.
    """
    seen = model._preprocessor.named_transformers_["encoder"].categories_[node["feature_idx"]]
    words = tree.raw_left_cat_bitsets[node["bitset_idx"]]
    known = {
        int(code): math.isinf(node["num_threshold"]) or bool(int(words[place // 32]) >> (place % 32) & 1)
        for place, code in enumerate(seen)
        if not math.isnan(code)
    }
    size = parts.sizes[node["feature_idx"]]
    return [code for code in range(size) if known.get(code, bool(node["missing_go_to_left"]))]
