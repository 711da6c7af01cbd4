#!/usr/bin/env bash
# Finding:  SMOTE cuts the numbers that it makes for a column of whole numbers down, and takes all but 0 for True in a column
#           of bools: one flag becomes rare or common in the added rows by its type alone
# Versions: imbalanced-learn 0.14.2, scikit-learn 1.9.1, pandas 3.1.1, numpy 2.4.6, Python 3.11
# Guess:    both are rounded to the nearest, so that a flag keeps about its share and counts keep their mean
# Seen:     a flag that 0.3 of the rare rows carry is in 0.1 of the added rows as int and in 0.5 as bool, so the model learns
#           from rows that nobody measured that the rare class lacks the flag, or has it; a count from 0 to 3 loses a
#           fifth of its mean. Columns keep their types, which makes the result look as measured
# Docs:     for categories SMOTENC is advised; that SMOTE casts back to the column's type, and how, is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q imbalanced-learn==0.14.2 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import pandas
from imblearn.over_sampling import SMOTE

chance = numpy.random.default_rng(0)
flags = chance.random(4000) > 0.7
rare = (chance.random(4000) < 0.1).astype(int)
size, count = 100 * chance.normal(size=4000), chance.integers(0, 4, 4000)
for name, values in (("float flag", flags.astype(float)), ("int flag", flags.astype(int)), ("bool flag", flags), ("int count", count)):
    rows, _ = SMOTE(random_state=0).fit_resample(pandas.DataFrame({"size": size, "value": values}), rare)
    means = [round(float(some.mean()), 1) for some in (values[rare == 1], rows.value[len(values) :])]
    print(f"{name} stays {rows.value.dtype}: mean of the rare rows, of the added rows: {means}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
float flag stays float64: mean of the rare rows, of the added rows: [0.3, 0.3]
int flag stays int64: mean of the rare rows, of the added rows: [0.3, 0.1]
bool flag stays bool: mean of the rare rows, of the added rows: [0.3, 0.5]
int count stays int64: mean of the rare rows, of the added rows: [1.5, 1.2]
STATED
