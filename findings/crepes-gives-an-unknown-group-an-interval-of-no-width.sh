#!/usr/bin/env bash
# Finding:  crepes gives a row whose Mondrian group had no calibration rows the prediction interval [0, 0], whatever the
#           prediction and the confidence
# Versions: crepes 0.9.1, scikit-learn 1.9.1, numpy 2.4.6, Python 3.11
# Guess:    a group that calibration never saw is refused, or its interval is infinite as that of a group with too few rows
# Seen:     no warning: a house valued at 500 gets 0 to 0, and the predictive system gives it percentiles of 0 and a p-value of
#           0 for its own prediction. A sixth site, shop or class, seen first in use, has intervals of no width, which look
#           most certain, and no row of it is covered at any confidence. Two calibration rows only give -inf to inf, with a
#           warning; a classifier gives the unknown group p-values drawn at random, so sets that hold every class or not
# Docs:     the category of each test row is to be passed; nothing on one that was not among those of the calibration
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q crepes==0.9.1 scikit-learn==1.9.1 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import numpy
from crepes import ConformalClassifier, ConformalPredictiveSystem, ConformalRegressor

residuals = numpy.random.default_rng(0).normal(scale=10, size=202)
groups = numpy.array(["north"] * 100 + ["south"] * 100 + ["small"] * 2)
test, predicted = numpy.array(["north", "south", "small", "west"]), numpy.full(4, 500.0)

regressor = ConformalRegressor()
regressor.fit(residuals=residuals, bins=groups)
for confidence in (0.8, 0.99):
    intervals = regressor.predict_int(predicted, bins=test, confidence=confidence)
    for group, (low, high) in zip(test, intervals):
        covered = bool(low <= 500 <= high)
        kind = "infinite" if numpy.isinf(high - low) else "0 to 0" if low == high == 0 else "finite"
        print(f"{confidence:4} {group:6}{kind:9}holds its own prediction: {covered}")

system = ConformalPredictiveSystem()
system.fit(residuals=residuals, bins=groups)
west = numpy.array(["west"])
print("percentiles 5 and 95", *system.predict_int(predicted[:1], bins=west, confidence=0.9)[0].tolist())
print("p-value of 500      ", *system.predict_p(predicted[:1], y=predicted[:1], bins=west).tolist())

classifier = ConformalClassifier()
classifier.fit(residuals[:200] ** 2, bins=groups[:200])
odd = numpy.full((1000, 2), 1e9)
for group in ("south", "west"):
    values = classifier.predict_p(odd, bins=numpy.array([group] * 1000), seed=1)
    print(f"p-values of a hopeless class in {group}: below {numpy.ceil(values.max() * 50) / 50:.2f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
 0.8 north finite   holds its own prediction: True
 0.8 south finite   holds its own prediction: True
 0.8 small infinite holds its own prediction: True
 0.8 west  0 to 0   holds its own prediction: False
0.99 north finite   holds its own prediction: True
0.99 south finite   holds its own prediction: True
0.99 small infinite holds its own prediction: True
0.99 west  0 to 0   holds its own prediction: False
percentiles 5 and 95 0.0 0.0
p-value of 500       0.0
p-values of a hopeless class in south: below 0.02
p-values of a hopeless class in west: below 1.00
STATED
