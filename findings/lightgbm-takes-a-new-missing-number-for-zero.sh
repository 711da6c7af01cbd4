#!/usr/bin/env bash
# Finding:  a number that is missing at prediction is taken for 0 where the training rows of its column had none missing,
#           also when all of them lie far from 0
# Versions: lightgbm 4.7.0, numpy 2.4.6, Python 3.11
# Guess:    a missing number goes to the side of each split that more training rows went to, or the call is refused
# Seen:     the answer for NaN is that for 0, here the lowest that the model can give, though the column lay between 900 and
#           1100: a sensor that fails for the first time in production looks like a reading of 0, not like a usual one
# Docs:     "use_missing" and "zero_as_missing" are described; that the handling of NaN is chosen a column by whether
#           training saw one stands only in the dumped model's missing_type
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q lightgbm==4.7.0 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import lightgbm
import numpy

values = numpy.linspace(900.0, 1100.0, 400)
target = values / 100.0
settings = {"objective": "regression", "verbosity": -1, "deterministic": True, "num_threads": 1, "min_data_in_leaf": 5}


def asked(rows):
    model = lightgbm.train(settings, lightgbm.Dataset(rows.reshape(-1, 1), target), num_boost_round=100)
    ask = numpy.array([[numpy.nan], [0.0], [1000.0]])
    return [round(float(answer), 2) for answer in model.predict(ask)]


print("none missing in training: NaN, 0, 1000 ->", asked(values))
some = values.copy()
some[::7] = numpy.nan
nan, zero, middle = asked(some)
print("some missing in training: NaN is as 0:", nan == zero)
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
none missing in training: NaN, 0, 1000 -> [9.02, 9.02, 10.0]
some missing in training: NaN is as 0: False
STATED
