#!/usr/bin/env bash
# Finding:  skl2onnx leaves the indicator columns of SimpleImputer(add_indicator=True) out of the graph; the weights of a
#           linear model behind it then meet other columns, or none
# Versions: skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11
# Guess:    the graph agrees, or the conversion refuses the option, or the session refuses six weights for five columns
# Seen:     conversion and session accept it; labels differ from scikit-learn's on many rows, also on rows with no value
#           missing, and the two probabilities of a row no longer add up to 1
# Docs:     SimpleImputer is in the list of supported classes; no word on add_indicator
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnxruntime
from skl2onnx import to_onnx
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

chance = numpy.random.default_rng(0)
rows = chance.normal(size=(400, 5)).astype(numpy.float32)
target = (rows[:, 0] + rows[:, 1] > 0).astype(int)
rows[::4, 0] = numpy.nan
whole = ~numpy.isnan(rows).any(axis=1)
for indicator in (False, True):
    model = make_pipeline(SimpleImputer(add_indicator=indicator), LogisticRegression()).fit(rows, target)
    graph = to_onnx(model, rows[:1], options={id(model[-1]): {"zipmap": False}})
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    labels, chances = session.run(None, {"X": rows})
    other = labels != model.predict(rows)
    print("add_indicator:", indicator)
    print("  a label in ten or more differs, all rows:", bool(other.mean() > 0.1), "; whole rows:", bool(other[whole].mean() > 0.1))
    print("  probabilities add up to 1:", bool(numpy.allclose(chances.sum(axis=1), 1, atol=1e-4)))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
add_indicator: False
  a label in ten or more differs, all rows: False ; whole rows: False
  probabilities add up to 1: True
add_indicator: True
  a label in ten or more differs, all rows: True ; whole rows: True
  probabilities add up to 1: False
STATED
