"""Which trial a search takes: the best of those that are ahead of what is built by more than the folds' noise."""

import optuna
from optuna.trial import FrozenTrial

from trainerspec.ir.json import Json
from trainerspec.running.tuning.leads import ahead, done, score
from trainerspec.running.tuning.study import Plan, taken, values_of


def chosen(study: optuna.Study, plan: Plan) -> FrozenTrial | None:
    """Return the trial that is taken: the first, which is what is built, where none is ahead; None without a score."""
    sign = 1 if plan.better == "higher" else -1
    scored = sorted(done(study), key=lambda one: (-sign * score(one), one.number))
    first = next((one for one in scored if one.number == 0), None)
    if first is None or not plan.folds:
        return scored[0] if scored else None
    return next((one for one in scored if sign * score(one) > sign * score(first) and ahead(one, first, sign)), first)


def winner(study: optuna.Study, plan: Plan) -> dict[str, Json] | None:
    """Return what the trial that is taken changes of trainer.yaml: what it is built from, and settings that moved.

    None where no trial came to a score.
    """
    trial = chosen(study, plan)
    if trial is None:
        return None
    family = taken(trial, plan)
    values = values_of(trial.params, family, plan)
    decided = {one.slot: one.current for one in family.space}
    return {**family.values, **{slot: value for slot, value in values.items() if value != decided[slot]}}
