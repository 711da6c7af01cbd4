#!/usr/bin/env bash
# Finding:  with 1 and 1.0 (or True) among the choices of suggest_categorical, Optuna gives the trial one and writes the other
#           into its parameters
# Versions: optuna 5.0.0, Python 3.11
# Guess:    trial.params, study.best_params and a reloaded study hold what the trial was given, type included
# Seen:     the first choice that is equal to the given one is recorded, in memory, in SQLite and in the journal. For
#           max_features of scikit-learn 1 is one column and 1.0 all of them: a study that found 1.0 best tells 1, and the
#           model that is trained from best_params is another one
# Docs:     choices are None, bool, int, float or str; that equal ones of two types are taken for one is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q optuna==5.0.0 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def loss(trial):
    given = trial.suggest_categorical("max_features", [1, 1.0, "sqrt"])
    trial.set_user_attr("given", repr(given))
    return 0.0 if isinstance(given, float) else 1.0


for name, storage in (("memory", None), ("SQLite", "sqlite:///study.db")):
    study = optuna.create_study(study_name="one", storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(loss, n_trials=20)
    if storage is not None:
        study = optuna.load_study(study_name="one", storage=storage)
    print(name, "best trial was given", study.best_trial.user_attrs["given"], "best_params", study.best_params)
    print(name, "recorded in all trials:", sorted({repr(trial.params["max_features"]) for trial in study.trials}))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
memory best trial was given 1.0 best_params {'max_features': 1}
memory recorded in all trials: ["'sqrt'", '1']
SQLite best trial was given 1.0 best_params {'max_features': 1}
SQLite recorded in all trials: ["'sqrt'", '1']
STATED
