"""The search itself: Optuna proposes, trials answer, a journal remembers, so that a kill loses one trial at most.

Trial k is drawn by a sampler that is made anew, seeded by k and fed with the finished trials alone. So the same seed
and the same data give the same study, whether it was interrupted or not.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from trainerspec.ir.json import Json
from trainerspec.running.tuning import trial
from trainerspec.running.tuning.space import Dimension
from trainerspec.running.tuning.trial import FOLDER, Broken, Outcome, Pruned

JOURNAL = FOLDER / "journal.log"
STARTS = 8
"""Trials that are drawn at random before the sampler learns from them."""
WARM = 2
"""Scores of a trial that are heard before it may be pruned."""
REASON = "why"
"""The attribute of a trial that says why it failed; one that was cut off has none."""
Run = Callable[[int, Mapping[str, Json], Callable[[int, float], bool]], Outcome]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is searched, and for how long."""

    name: str
    """The study's name: another one for other data, settings, space or seed."""
    space: tuple[Dimension, ...]
    better: str
    metric: str
    trials: int
    seconds: float | None
    seed: int


def name(params: bytes, splits: Sequence[Path], space: Sequence[Dimension], seed: int) -> str:
    """Name a study by all that its trials follow from."""
    digest = sha256(params + repr((*map(str, space), seed)).encode())
    for path in splits:
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def opened(folder: Path, plan: Plan) -> optuna.Study:
    """Open the study, or go on with it; a trial that was cut off is told as failed, and is drawn again."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
    direction = StudyDirection.MAXIMIZE if plan.better == "higher" else StudyDirection.MINIMIZE
    study = optuna.create_study(storage=storage, study_name=plan.name, direction=direction, load_if_exists=True)
    for one in study.get_trials(states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(one.number, state=TrialState.FAIL)
    return study


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that came to an end, whatever end, but for those that were cut off."""
    ended = [one for one in study.trials if one.state.is_finished()]
    return [one for one in ended if one.state != TrialState.FAIL or REASON in one.user_attrs]


def search(folder: Path, plan: Plan, run: Run, say: Say) -> optuna.Study:
    """Try until there are enough trials, or the time is up; what a signal cuts off is in the journal up to there."""
    study, began = opened(folder, plan), time.monotonic()
    if done := len(finished(study)):
        say(f"it goes on: {done} of {plan.trials} trials are done")
    while (number := len(finished(study))) < plan.trials:
        if plan.seconds is not None and time.monotonic() - began >= plan.seconds:
            say(f"the time is up after {number} trials")
            break
        one(study, plan, number, run, say)
    return study


def one(study: optuna.Study, plan: Plan, number: int, run: Run, say: Say) -> None:
    """Draw a trial, run it and tell the study; the first one tries what was decided."""
    study.sampler = optuna.samplers.TPESampler(seed=plan.seed + number, n_startup_trials=STARTS, constant_liar=False)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTS, n_warmup_steps=WARM)
    if number == 0:
        study.enqueue_trial({dimension.slot: dimension.current for dimension in plan.space})
    asked = study.ask({dimension.slot: distribution(dimension) for dimension in plan.space})
    heard: dict[int, float] = {}

    def judge(step: int, score: float) -> bool:
        if step not in heard:
            heard[step] = score
            asked.report(score, step)
        return not (number and len(heard) > WARM and pruner.prune(study, study.trials[asked.number]))

    values = rounded(asked.params)
    told = ", ".join(f"{slot.rpartition('.')[2]} {shown(value)}" for slot, value in values.items())
    try:
        outcome = run(number, values, judge)
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


def distribution(dimension: Dimension) -> BaseDistribution:
    """Return Optuna's word for what is tried of a slot."""
    search = dimension.search
    if search.choices:
        return CategoricalDistribution(search.choices)  # type: ignore[arg-type]
    if dimension.whole:
        return IntDistribution(round(search.low), round(search.high), log=search.log)
    return FloatDistribution(search.low, search.high, log=search.log)


def shown(value: object) -> str:
    """Write a value for a line."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def winner(study: optuna.Study) -> dict[str, Json] | None:
    """Return the values of the best trial; None where none came to a score."""
    done = [one for one in study.trials if one.state == TrialState.COMPLETE]
    if not done:
        return None
    return rounded(study.best_trial.params)


def rounded(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return values as they are tried: numbers with four digits, as a person would write them.

    >>> rounded({"model.train.leaves": 31, "model.train.learning_rate": 0.0512345})
    {'model.train.learning_rate': 0.05123, 'model.train.leaves': 31}
    """
    return {slot: float(f"{v:.4g}") if isinstance(v, float) else v for slot, v in sorted(values.items())}


def runner(folder: Path, threads: int) -> Run:
    """Return what runs trials as trainings of a project."""
    return lambda number, values, judge: trial.run(folder, number, values, threads, judge)
