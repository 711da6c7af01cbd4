#!/usr/bin/env bash
# Finding:  skl2onnx turns a KNeighborsRegressor or KNeighborsClassifier with weights="distance" into a graph that answers
#           as if weights were "uniform"
# Versions: skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11
# Guess:    the graph agrees with scikit-learn to the digits of float32, or the conversion refuses the option
# Seen:     it converts with no warning and all answers are the plain mean of the neighbours. A row of the training data,
#           for which scikit-learn gives back its own target, gets the mean of five rows: wrong by a quarter of a standard
#           deviation
# Docs:     the list of converters names both classes as supported, with no word on weights
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnxruntime
from skl2onnx import to_onnx
from sklearn.neighbors import KNeighborsRegressor

chance = numpy.random.default_rng(0)
rows, fresh = (chance.normal(size=(count, 5)).astype(numpy.float32) for count in (400, 200))
target = (2 * rows[:, 0] + rows[:, 1] ** 2).astype(numpy.float32)
models = {name: KNeighborsRegressor(weights=name).fit(rows, target) for name in ("uniform", "distance")}


def graph(model, asked):
    session = onnxruntime.InferenceSession(to_onnx(model, rows[:1]).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"X": asked})[0].ravel()


def apart(left, right):
    return float(numpy.abs(left - right).max())


print("graph of 'uniform' equals uniform:", apart(graph(models["uniform"], fresh), models["uniform"].predict(fresh)) < 1e-4)
answers = graph(models["distance"], fresh)
print("graph of 'distance' equals distance:", apart(answers, models["distance"].predict(fresh)) < 1e-4)
print("graph of 'distance' equals uniform:", apart(answers, models["uniform"].predict(fresh)) < 1e-4)
print("known rows, scikit-learn is off by", round(apart(models["distance"].predict(rows), target), 4))
print("known rows, graph is off on average by", round(float(numpy.abs(graph(models["distance"], rows) - target).mean()), 1))
print("standard deviation of the target", round(float(target.std()), 1))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
graph of 'uniform' equals uniform: True
graph of 'distance' equals distance: False
graph of 'distance' equals uniform: True
known rows, scikit-learn is off by 0.0
known rows, graph is off on average by 0.6
standard deviation of the target 2.3
STATED
