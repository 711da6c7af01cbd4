#!/usr/bin/env bash
# Finding:  the graph of a SGDClassifier(loss="modified_huber") with three classes gives other labels than the model, while
#           its probabilities agree
# Versions: skl2onnx 1.20.0, scikit-learn 1.9.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11
# Guess:    label and probabilities both agree with scikit-learn, as for loss="log_loss"
# Seen:     scikit-learn takes the label from the scores, the graph from the probabilities. This loss cuts scores to -1..1
#           first, so classes can share the highest probability, and the first of them wins: more than a quarter of the labels
#           change, and a check of the probabilities alone passes
# Docs:     SGDClassifier is in the list of supported classes; scikit-learn says that this loss clips the scores
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q skl2onnx==1.20.0 scikit-learn==1.9.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnxruntime
from skl2onnx import to_onnx
from sklearn.linear_model import SGDClassifier

chance = numpy.random.default_rng(0)
rows, fresh = (chance.normal(size=(count, 5)).astype(numpy.float32) for count in (400, 200))
target = numpy.digitize(rows[:, 0], [-0.5, 0.5])
truth = numpy.digitize(fresh[:, 0], [-0.5, 0.5])
for loss in ("log_loss", "modified_huber"):
    model = SGDClassifier(loss=loss, random_state=0).fit(rows, target)
    graph = to_onnx(model, rows[:1], options={"zipmap": False})
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    labels, chances = session.run(None, {"X": fresh})
    same = numpy.allclose(chances, model.predict_proba(fresh), atol=1e-4)
    wrong = (labels != model.predict(fresh)).mean()
    print(f"{loss}: probabilities agree: {same}; more than a quarter of the labels differ: {wrong > 0.25}")
print("graph is right less often by a tenth or more:", bool((labels == truth).mean() < (model.predict(fresh) == truth).mean() - 0.1))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
log_loss: probabilities agree: True; more than a quarter of the labels differ: False
modified_huber: probabilities agree: True; more than a quarter of the labels differ: True
graph is right less often by a tenth or more: True
STATED
