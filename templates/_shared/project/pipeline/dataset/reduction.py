"""Reduce the training split to a budget of rows that cover the others, and say what that costs.

A coreset by k-centre greedy (Gonzalez 1985; Sener, Savarese 2018, https://arxiv.org/abs/1708.00489) on cheap features,
class by class, so that each keeps its share; or without the rows that repeat an earlier one most nearly.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.dataset.table_files import KEY

Points = npt.NDArray[np.float32]
NEIGHBOURS, COMPARED = 5, 2000
"""Nearest rows that answer, and rows of the validation split that are asked about at most."""
CHUNK = 256


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many rows of the training split stay, and which."""

    rows: int
    by: str
    """`coreset`, `near_duplicates`, `random`, or empty: of the first and the last the one that costs less."""
    seed: int


def asked(settings: Params) -> Budget | None:
    """Read what params.yaml asks for."""
    value = settings.value("data.reduce")
    if not isinstance(value, Mapping):
        return None
    seed = settings.integer("data.split.seed")
    return Budget(rows=int(str(value["rows"])), by=str(value.get("by", "")), seed=seed)


def reduced(
    parts: Mapping[str, pl.DataFrame],
    budget: Budget,
    inputs: Mapping[str, str],
    target: str | None,
    points: Callable[[pl.DataFrame], Points],
    say: Progress,
) -> tuple[pl.DataFrame, dict[str, object]]:
    """Return the rows of the training split that stay, in their order, and what is to be said of it.

    `inputs` are roles with their columns, `target` is the column of the classes or numbers, where rows have one.
    """
    train, validation = parts["train"], parts["validation"]
    if train.height <= budget.rows:
        return train, {}
    both = pl.concat([train, validation]).select(**{role: pl.col(column) for role, column in inputs.items()})
    found = points(both)
    known, other = found[: train.height], found[train.height :]
    answers = train[target] if target else None
    groups = answers.to_list() if answers is not None and answers.dtype == pl.String else [""] * train.height
    ways = {"random": drawn(train[KEY].to_list(), groups, budget)}
    if budget.by == "near_duplicates":
        ways[budget.by] = unlike(known, groups, budget, say)
    elif budget.by != "random":
        ways["coreset"] = covering(known, groups, budget, say)
    found_by: dict[str, float] = {}
    if answers is not None and target and validation.height:
        asked_of = np.arange(0, len(other), -(-len(other) // COMPARED))
        truth = validation[target][asked_of.tolist()]
        for name, rows in {"all": np.arange(train.height), **ways}.items():
            found_by[name] = neighbours(known[rows], answers[rows.tolist()], other[asked_of], truth)
    told: dict[str, object] = {}
    if found_by:
        told["metric"] = "accuracy" if answers is not None and answers.dtype == pl.String else "mean absolute error"
    by = budget.by or cheaper(found_by, more=told.get("metric") == "accuracy")
    kept = ways[by]
    told |= {"by": by, "before": train.height, "rows": len(kept)}
    told |= {"farthest": farthest(known, known[kept]), "farthest.random": farthest(known, known[ways["random"]])}
    if found_by:
        told |= {"all": found_by["all"], "kept": found_by[by], "random": found_by["random"]}
    return train[kept.tolist()], told


def cheaper(found: Mapping[str, float], *, more: bool) -> str:
    """Return the way whose rows answer the validation split better; `more` says whether more is better.

    >>> cheaper({"coreset": 0.83, "random": 0.88}, more=True), cheaper({}, more=True)
    ('random', 'coreset')
    """
    if not found or found["coreset"] == found["random"]:
        return "coreset"
    return "coreset" if (found["coreset"] > found["random"]) is more else "random"


def shares(groups: Sequence[str], rows: int) -> dict[str, int]:
    """Return how many rows of each group stay: in proportion, one at least; what is left over goes by remainders.

    >>> shares(["a"] * 6 + ["b"] * 3 + ["c"], 5)
    {'a': 3, 'b': 1, 'c': 1}
    """
    counts = {name: groups.count(name) for name in dict.fromkeys(groups)}
    exact = {name: rows * count / len(groups) for name, count in counts.items()}
    found = {name: max(1, int(share)) for name, share in exact.items()}
    order = sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))
    for name in order:
        if sum(found.values()) < rows and found[name] < counts[name] and exact[name] >= 1:
            found[name] += 1
    return found


def members(groups: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    """Return the places of each group's rows."""
    names = np.array(groups, dtype=object)
    return {name: np.flatnonzero(names == name) for name in dict.fromkeys(groups)}


def covering(points: Points, groups: Sequence[str], budget: Budget, say: Progress) -> npt.NDArray[np.int64]:
    """Return the places of rows that no other is far from, sorted."""
    wanted, found = shares(groups, budget.rows), []
    for number, (name, rows) in enumerate(members(groups).items()):
        say(number, len(wanted), "classes")
        found.append(rows[centres(points[rows], wanted[name])])
    return np.sort(np.concatenate(found))


def unlike(points: Points, groups: Sequence[str], budget: Budget, say: Progress) -> npt.NDArray[np.int64]:
    """Return the places of rows, sorted: those that repeat an earlier one of their class most nearly are left out."""
    wanted, found = shares(groups, budget.rows), []
    for number, (name, rows) in enumerate(members(groups).items()):
        say(number, len(wanted), "classes")
        order = np.argsort(-earlier(points[rows]), kind="stable")
        found.append(rows[order[: wanted[name]]])
    return np.sort(np.concatenate(found))


def earlier(points: Points) -> npt.NDArray[np.float32]:
    """Return how far each row is from the nearest before it, squared.

    >>> earlier(np.array([[0.0], [5.0], [5.5], [0.0]], np.float32)).tolist()
    [inf, 25.0, 0.25, 0.0]
    """
    found = np.full(len(points), np.inf, np.float32)
    for at in range(0, len(points), CHUNK):
        end = min(at + CHUNK, len(points))
        near = gaps_to(points[:end], points[at:end])
        near[np.arange(end) >= np.arange(at, end)[:, None]] = np.inf
        found[at:end] = near.min(axis=1)
    return found


def centres(points: Points, most: int) -> npt.NDArray[np.int64]:
    """Return the row that is nearest to the mean, then again and again the one that is farthest from all so far.

    >>> centres(np.array([[0.0], [0.1], [5.0], [9.0]], np.float32), 3).tolist()
    [2, 0, 3]
    """
    squares = (points**2).sum(axis=1)
    mean = points.mean(axis=0)
    first = int(np.argmin(squares - 2 * points @ mean))
    found, gaps = [first], np.full(len(points), np.inf, np.float32)
    while len(found) < min(most, len(points)):
        last = points[found[-1]]
        gaps = np.minimum(gaps, squares + float(last @ last) - 2 * points @ last)
        gaps[found[-1]] = -1
        found.append(int(np.argmax(gaps)))
    return np.array(found, dtype=np.int64)


def drawn(keys: Sequence[str], groups: Sequence[str], budget: Budget) -> npt.NDArray[np.int64]:
    """Return the places of rows by chance, which follows from the seed and from what a row holds, sorted."""
    wanted, found = shares(groups, budget.rows), []
    ranks = [hashlib.sha256(f"{budget.seed}:{key}".encode()).digest() for key in keys]
    for name, rows in members(groups).items():
        found += sorted(rows.tolist(), key=lambda row: (ranks[row], row))[: wanted[name]]
    return np.array(sorted(found), dtype=np.int64)


def gaps_to(known: Points, asked_of: Points) -> npt.NDArray[np.float32]:
    """Return the squared distances (asked x known)."""
    near: npt.NDArray[np.float32] = (asked_of**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * asked_of @ known.T
    return np.maximum(near, 0)


def farthest(points: Points, kept: Points) -> float:
    """Return how far a row is at most from the nearest that stays."""
    chunks = [points[at : at + CHUNK] for at in range(0, len(points), CHUNK)]
    return round(float(np.sqrt(max(gaps_to(kept, chunk).min(axis=1).max() for chunk in chunks))), 4)


def neighbours(known: Points, answers: pl.Series, asked_of: Points, truth: pl.Series) -> float:
    """Return how well the nearest rows answer: the share of right classes, or the mean absolute error of means."""
    many = min(NEIGHBOURS, len(known))
    order = [np.argsort(gaps_to(known, asked_of[at : at + CHUNK]), axis=1, kind="stable")[:, :many]
             for at in range(0, len(asked_of), CHUNK)]  # fmt: skip
    nearest = np.concatenate(order)
    if answers.dtype != pl.String:
        means = answers.cast(pl.Float64).to_numpy()[nearest].mean(axis=1)
        return round(float(np.abs(means - truth.cast(pl.Float64).to_numpy()).mean()), 4)
    names = answers.to_list()
    votes = [_vote([names[one] for one in row]) for row in nearest]
    return round(float(np.mean([vote == label for vote, label in zip(votes, truth.to_list(), strict=True)])), 4)


def _vote(names: Sequence[str]) -> str:
    """Return the most frequent name, of equally frequent ones the nearest."""
    return max(dict.fromkeys(names), key=names.count)
