"""Grow gradient-boosted trees with LightGBM, round by round, until the validation score stays behind its best.

All models grow side by side, one for each member and aim: their mean is what is judged. Members see all rows and differ
by the rows and columns that single rounds look at. LightGBM is taken because, with `deterministic`, it grows the same
trees with any number of threads; its bins follow the order of the rows, so these are put into an order of their own.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

import lightgbm
import numpy as np
import numpy.typing as npt
import torch

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.column_encoder import Parts
from pipeline.tables.encoded_rows import Best, Judge, Rows
from pipeline.tabular_models import forest, lightgbm_trees
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.target_statistics import Statistics, by_code, learn, show
from pipeline.tabular_models.trees import Trees
from pipeline.training.recipe import History, Settings

Floats: TypeAlias = npt.NDArray[np.float64]
NAME = "boosted-trees"
PART = 0.85
"""Share of the rows that a round of one of several members sees."""
MOST_TREES = 6000
"""Trees that are grown at most: walking more costs a request milliseconds."""
OFTEN, SELDOM = 10, 5
"""Up to the first number each round is judged, from then on one of so many."""
GROWN = "grown.json"
"""LightGBM's own models, by which answers are explained."""
APART, LOOKED_AT = 1e-4, 500
"""How far the served trees may be from LightGBM's answers, of numbers above 1 as a share; on so many rows."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One model to grow: LightGBM's name of its loss, and the outputs that its trees add to."""

    loss: str
    outputs: Sequence[int]
    quantile: float | None = None


@dataclass(kw_only=True)
class Growing:
    """A model that grows."""

    aim: Aim
    booster: lightgbm.Booster
    told: int = field(default=0)
    """Rounds whose answers were asked for."""
    done: bool = field(default=False)
    """Whether no tree can be split any more."""

    def grow(self) -> None:
        """Add a round."""
        self.done = self.done or self.booster.update()

    def news(self, rows: Floats) -> Floats:
        """Return what the rounds since the last call add for rows (rows x outputs of the aim)."""
        since, now = self.told, self.booster.current_iteration()
        self.told = now
        if now == since:
            return np.zeros((len(rows), len(self.aim.outputs)))
        found = self.booster.predict(rows, raw_score=True, start_iteration=since, num_iteration=now - since)
        return np.asarray(found, np.float64).reshape(len(rows), -1)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Models that grow side by side, one for each member and aim, and how they see rows."""

    parts: Parts
    statistics: Statistics
    models: Sequence[Growing]
    members: int


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
    """Grow a model an aim and member; give the forest with the best number of rounds, and what happened.

    Raises Failure TS833 when the forest answers otherwise than LightGBM.
    """
    started, history, best = time.monotonic(), History(), Best(how.better)
    growth = begun(Parts(columns), aims, splits[0], settings, how)
    most = min(how.epochs, max(1, MOST_TREES // sum(len(one.aim.outputs) for one in growth.models)))
    for number, total in judged(growth, shown(growth.parts, growth.statistics, splits[1]), outputs, most):
        score, loss = judge(total[:, None, :])
        history.losses.append((number, loss))
        history.scores.append((number, score))
        best.offer(number, score, loss)
        told = f"{number} of at most {most} rounds: validation {how.metric} {score:.4f}, best {best.step}"
        say(number, most, "rounds", told if number % 50 == 0 else "")
        if number - best.step >= how.patience:
            break
    found = finished(columns, growth, best.step, outputs, splits[1])
    say.say(f"{best.step} rounds of {growth.members} members kept, {found.count} trees; {number} rounds grown")
    history.kept, history.seconds = {NAME: best.step}, time.monotonic() - started
    return found, history


def again(
    columns: Sequence[Column],
    aims: Sequence[Aim],
    outputs: int,
    rows: Rows,
    rounds: int,
    settings: Params,
    how: Settings,
    say: Progress,
) -> Forest:
    """Grow so many rounds of rows that nothing is judged by. Raises Failure TS833 as `grow` does."""
    growth = begun(Parts(columns), aims, rows, settings, how)
    for number in range(1, rounds + 1):
        for one in growth.models:
            one.grow()
        say(number, rounds, "rounds")
    return finished(columns, growth, rounds, outputs, rows)


def finished(columns: Sequence[Column], growth: Growth, rounds: int, outputs: int, rows: Rows) -> Forest:
    """Return the forest of the first rounds, which answers rows as LightGBM does. Raises Failure TS833."""
    found = forest.made(columns, collect(growth, rounds, outputs))
    compare(found, growth, rounds, rows)
    found.grown = {
        "members": growth.members,
        "outputs": outputs,
        "statistics": [asdict(one) for one in growth.statistics],
        "models": [
            {"outputs": list(one.aim.outputs), "trees": one.booster.model_to_string(num_iteration=rounds)}
            for one in growth.models
        ],
    }
    return found


def begun(parts: Parts, aims: Sequence[Aim], rows: Rows, settings: Params, how: Settings) -> Growth:
    """Return a model without trees for each member and aim; all share the binned rows."""
    members = settings.integer("model.train.members")
    shared = {
        "learning_rate": how.learning_rate,
        "num_leaves": settings.integer("model.train.leaves"),
        "min_data_in_leaf": settings.integer("model.train.least_rows"),
        "min_data_per_group": settings.integer("model.train.least_rows"),
        "lambda_l2": how.weight_decay,
        "feature_fraction_bynode": 1 - settings.number("model.train.dropout"),
        "data_random_seed": how.seed,
        "num_threads": settings.integer("compute.threads"),
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    if members > 1:
        shared |= {"bagging_fraction": PART, "bagging_freq": 1}
    seen, truth, weight = ordered(matrix(parts, rows), rows)
    statistics, told = learn(seen[:, parts.width :], parts.sizes, targets(aims[0], truth))
    seen = np.concatenate([seen[:, : parts.width], told], axis=1)
    categories = [place for place, one in enumerate(statistics, start=parts.width) if not one.numbers]
    data = lightgbm.Dataset(seen, truth, weight=weight, categorical_feature=categories, params=shared)
    models = []
    for member in range(members):
        for aim in aims:
            own = {"objective": aim.loss, "bagging_seed": how.seed + member, "feature_fraction_seed": how.seed + member}
            own |= {"alpha": aim.quantile} if aim.quantile is not None else {}
            own |= {"num_class": len(aim.outputs)} if len(aim.outputs) > 1 else {}
            models.append(Growing(aim=aim, booster=lightgbm.Booster({**shared, **own}, data)))
    return Growth(parts=parts, statistics=statistics, models=models, members=members)


def targets(aim: Aim, truth: Floats) -> Floats:
    """Return what categories tell of (rows x targets): whether it is a class, or a number."""
    if aim.loss == "multiclass":
        return np.asarray(truth[:, None] == np.array(aim.outputs), np.float64)
    return truth[:, None]


def matrix(parts: Parts, rows: Rows) -> Floats:
    """Return numbers, NaN for missing ones, then the codes of categories; missing and unseen are codes like others."""
    numbers, known, categories = (tensor.numpy().astype(np.float64) for tensor in parts(rows.values, rows.codes))
    numbers[known == 0] = np.nan
    return np.concatenate([numbers, categories], axis=1)


def shown(parts: Parts, statistics: Statistics, rows: Rows) -> Floats:
    """Return what the trees see: numbers, NaN for missing ones, then what is shown of categories."""
    found, width = matrix(parts, rows), parts.width
    return np.concatenate([found[:, :width], show(statistics, found[:, width:])], axis=1)


def ordered(seen: Floats, rows: Rows) -> tuple[Floats, Floats, Floats | None]:
    """Return features, truth and weights in an order that follows from the rows alone, and not from the file's."""
    bits = np.column_stack([seen, rows.truth]).astype(np.float64).view(np.uint64)
    odd = np.random.default_rng(0).integers(0, 2**63, bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    order = np.argsort(((bits ^ (bits >> np.uint64(29))) * odd).sum(axis=1), kind="stable")
    weight = None if rows.weight is None else rows.weight[order]
    return seen[order], np.asarray(rows.truth, np.float64)[order], weight


def judged(growth: Growth, held: Floats, outputs: int, most: int) -> Iterator[tuple[int, Floats]]:
    """Grow all models and give, after each round that is judged, the mean of their outputs (rows x outputs)."""
    total = np.zeros((len(held), outputs))
    for number in range(1, most + 1):
        for one in growth.models:
            one.grow()
        over = number == most or all(one.done for one in growth.models)
        if number <= OFTEN or number % SELDOM == 0 or over:
            for one in growth.models:
                total[:, list(one.aim.outputs)] += one.news(held) / growth.members
            yield number, total
        if over:
            break


def collect(growth: Growth, rounds: int, outputs: int) -> Trees:
    """Put the first rounds of all models into one forest; each model's leaves count for one member."""
    trees = Trees(outputs)
    for one in growth.models:
        places = list(one.aim.outputs)
        for number, tree in enumerate(lightgbm_trees.read(one.booster, rounds, growth.members)):
            trees.add(places[number % len(places)], by_code(growth.statistics, growth.parts.width, tree))
    return trees


def compare(found: Forest, growth: Growth, rounds: int, rows: Rows) -> None:
    """Look whether the forest answers as LightGBM does. Raises Failure TS833."""
    some = rows[:LOOKED_AT]
    seen = shown(growth.parts, growth.statistics, some)
    with torch.inference_mode():
        served = found(some.values, some.codes)[:, 0].double().numpy()
    grown = np.zeros_like(served)
    for one in growth.models:
        answers = np.asarray(one.booster.predict(seen, raw_score=True, num_iteration=rounds), np.float64)
        grown[:, list(one.aim.outputs)] += answers.reshape(len(served), -1) / growth.members
    apart = float((np.abs(served - grown) / np.maximum(1.0, np.abs(grown))).max(initial=0.0))
    if not apart <= APART:
        message = f"the forest and LightGBM differ by {apart:.2g}, more than {APART:g}"
        hint = "install the versions of constraints.txt; this is a mistake of the pipeline, so report it"
        raise Failure("TS833", message, hint=hint, evidence={"difference": apart, "tolerance": APART})
