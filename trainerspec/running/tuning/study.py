"""The search itself: Optuna proposes, trials answer, a journal remembers, so that a kill loses one trial at most.

Trial k is drawn by a sampler that is made anew, seeded by k and fed with the finished trials alone; only these are in
the journal. So the same seed and the same data give the same study, whether it was interrupted or not.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from trainerspec.ir.json import Json
from trainerspec.running.tuning.families import Family
from trainerspec.running.tuning.leads import ahead, done, score
from trainerspec.running.tuning.places import FOLDER
from trainerspec.running.tuning.space import Dimension
from trainerspec.running.tuning.trial import Broken, Judge, Outcome, Pruned

JOURNAL = FOLDER / "journal.log"
STARTS = 8
"""Trials that are drawn at random before the sampler learns from them."""
WARM, WARM_FOLDS = 2, 1
"""Epochs, or folds, of a trial that are heard before it may be pruned."""
REASON = "why"
"""The attribute of a trial that says why it failed."""
FAMILY = "built as"
"""The attribute of a trial that says which way to build it takes."""
NEAR = "built as, of those worth more trials"
"""The parameter that draws it, once each was tried as decided and where several are worth more trials."""
Run = Callable[[int, Family, Mapping[str, Json], Judge], Outcome]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is searched, and for how long."""

    name: str
    """The study's name: another one for other data, settings, space or seed."""
    families: tuple[Family, ...]
    """The first is what is built."""
    better: str
    metric: str
    trials: int
    seconds: float | None
    seed: int
    sampler: str = "tpe"
    pruner: str = "median"
    folds: int = 0
    """Of the cross-validation; 0 where the validation split decides."""
    scored: str = "scored on the validation split"
    """How trials are judged, for people."""

    @property
    def searched(self) -> tuple[Family, ...]:
        """Return the ways to build that have settings to try; the others are trained once, as they are decided."""
        return tuple(one for one in self.families if one.space)

    @property
    def most(self) -> int:
        """Return how many trials there can be."""
        return self.trials if self.searched else min(self.trials, len(self.families))

    def key(self, family: Family, dimension: Dimension) -> str:
        """Name a setting in the study: that of a base is not that of another."""
        return dimension.slot if len(self.families) == 1 else f"{dimension.slot} ({family.name})"


def name(splits: Sequence[Path], plan_of: Sequence[Family], rest: Sequence[object]) -> str:
    """Name a study by all that its trials follow from."""
    digest = sha256(repr([str(one) for one in rest]).encode())
    for family in plan_of:
        digest.update(family.params + str(family).encode())
    for path in splits:
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def opened(folder: Path, plan: Plan) -> tuple[optuna.Study, optuna.Study]:
    """Return the journal's study, and one in memory with the same finished trials."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
    direction = StudyDirection.MAXIMIZE if plan.better == "higher" else StudyDirection.MINIMIZE
    kept = optuna.create_study(storage=storage, study_name=plan.name, direction=direction, load_if_exists=True)
    study = optuna.create_study(study_name=plan.name, direction=direction, pruner=pruner(plan))
    study.add_trials([one for one in kept.trials if one.state.is_finished()])
    return kept, study


def search(folder: Path, plan: Plan, run: Run, say: Say) -> optuna.Study:
    """Try until there are enough trials, or the time is up; what a signal cuts off is in the journal up to there."""
    (kept, study), began = opened(folder, plan), time.monotonic()
    if done := len(study.trials):
        say(f"it goes on: {done} of {plan.trials} trials are done")
    while (number := len(study.trials)) < plan.most:
        if plan.seconds is not None and time.monotonic() - began >= plan.seconds:
            say(f"the time is up after {number} trials")
            break
        one(study, plan, number, run, say)
        kept.add_trial(study.trials[-1])
    return study


def pruner(plan: Plan) -> BasePruner:
    """Return what ends trials early."""
    if plan.pruner == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource="auto", reduction_factor=3)
    return MedianPruner(n_startup_trials=STARTS, n_warmup_steps=warm(plan)) if plan.pruner == "median" else NopPruner()


def warm(plan: Plan) -> int:
    """Return how many scores are heard before a trial may end."""
    return WARM_FOLDS if plan.folds else WARM


def sampler(plan: Plan, number: int) -> BaseSampler:
    """Return what draws a trial; each has a seed of its own, so that none repeats another after a kill."""
    seed = int.from_bytes(sha256(f"{plan.seed}:{number}".encode()).digest()[:4])
    if plan.sampler == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=STARTS, constant_liar=False)


def one(study: optuna.Study, plan: Plan, number: int, run: Run, say: Say) -> None:
    """Draw a trial, run it and tell the study; the first ones try what was decided, and what is for the other bases."""
    study.sampler = sampler(plan, number)
    first = plan.families[number] if number < len(plan.families) else None
    if first is not None:
        decided = {plan.key(first, dimension): dimension.current for dimension in first.space}
        study.enqueue_trial(decided)
    asked = study.ask()
    family, values = drawn(asked, plan, first, near(study, plan))
    asked.set_user_attr(FAMILY, family.name)
    heard: dict[int, float] = {}

    def judge(step: int, score: float) -> bool:
        if step not in heard:
            heard[step] = score
            asked.report(score, step)
        return not (number >= len(plan.families) and len(heard) > warm(plan) and asked.should_prune())

    told = ", ".join(
        ([family.name] if len(plan.families) > 1 else [])
        + [f"{slot.rpartition('.')[2]} {shown(value)}" for slot, value in values.items()]
    )
    try:
        outcome = run(number, family, values, judge)
    except Pruned:
        study.tell(asked, state=TrialState.PRUNED)
        say(f"trial {number + 1} of {plan.trials}: ended early ({told})")
    except Broken as error:
        asked.set_user_attr(REASON, str(error)[-500:])
        study.tell(asked, state=TrialState.FAIL)
        say(f"trial {number + 1} of {plan.trials}: failed: {str(error).splitlines()[-1][:200]} ({told})")
    else:
        asked.set_user_attr("seconds", outcome.seconds)
        study.tell(asked, outcome.score)
        mark = ", the best so far" if study.best_trial.number == asked.number else ""
        say(f"trial {number + 1} of {plan.trials}: {plan.metric} {outcome.score:.4f}{mark} ({told})")


def near(study: optuna.Study, plan: Plan) -> tuple[Family, ...]:
    """Return the ways to build that are worth more trials: not behind the best one as decided by more than chance.

    Without folds nothing tells what is chance, and all are.
    """
    decided = {one.number: one for one in done(study) if one.number < len(plan.families)}
    kept = [number for number in decided if plan.families[number].space]
    if not plan.folds or len(study.trials) <= len(plan.families) or not kept:
        return plan.searched
    sign = 1 if plan.better == "higher" else -1
    best = max(kept, key=lambda number: sign * score(decided[number]))
    there = [number for number in kept if number == best or not ahead(decided[best], decided[number], sign)]
    return tuple(plan.families[number] for number in there)


def drawn(
    asked: optuna.Trial, plan: Plan, first: Family | None, among: tuple[Family, ...]
) -> tuple[Family, dict[str, Json]]:
    """Draw a way to build, unless it is one that is tried as decided, then its settings."""
    family = first or among[0]
    if first is None and len(among) > 1:
        chosen = asked.suggest_categorical(NEAR, [one.name for one in among])
        family = next(one for one in among if one.name == chosen)
    for dimension in family.space:
        suggest(asked, plan.key(family, dimension), dimension)
    return family, values_of(asked.params, family, plan)


def suggest(asked: optuna.Trial, key: str, dimension: Dimension) -> None:
    """Draw one setting."""
    search = dimension.search
    if search.choices:
        asked.suggest_categorical(key, search.choices)  # type: ignore[arg-type]
    elif dimension.whole:
        asked.suggest_int(key, round(search.low), round(search.high), log=search.log)
    else:
        asked.suggest_float(key, search.low, search.high, log=search.log)


def values_of(params: Mapping[str, Json], family: Family, plan: Plan) -> dict[str, Json]:
    """Return a trial's settings by slot; what was decided stays as it was decided, to the last digit."""
    found = dict[str, Json]()
    for one in family.space:
        value = params[plan.key(family, one)]
        found[one.slot] = one.current if value == one.current else rounded(value)
    return found


def shown(value: object) -> str:
    """Write a value for a line."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def taken(trial: FrozenTrial, plan: Plan) -> Family:
    """Return the way to build that a trial took."""
    return next(one for one in plan.families if one.name == trial.user_attrs[FAMILY])


def rounded(value: Json) -> Json:
    """Return a value as it is tried: a number with four digits, as a person would write it.

    >>> rounded(31), rounded(0.0512345)
    (31, 0.05123)
    """
    return float(f"{value:.4g}") if isinstance(value, float) else value
