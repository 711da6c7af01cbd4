#!/usr/bin/env bash
# Finding:  CatBoost's ONNX file of a model with loss Poisson or Tweedie answers with the logarithm of the prediction, and that
#           of MultiClassOneVsAll with probabilities that the model does not give
# Versions: catboost 1.2.10, onnxruntime 1.32.0, pandas 3.1.1, numpy 2.4.6, Python 3.11
# Guess:    the graph agrees with predict and predict_proba to the digits of float32, as it does for RMSE, Logloss and
#           MultiClass, or the export refuses the loss, as it does trees that are not symmetric
# Seen:     no warning. predict raises the sum of the trees to a power of e, the file leaves it as it is: an expected count
#           of 20 is served as 3, one below 1 as a negative number. One-vs-all gives each class its own probability, the file
#           divides them all by their sum (softmax), so a threshold that was chosen on the model means something else
# Docs:     the page on ONNX says that the label (not the probability) is wrong for two classes, and names categorical
#           features as unsupported; nothing on losses
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q catboost==1.2.10 onnxruntime==1.32.0 pandas==3.1.1 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import numpy
import onnxruntime
from catboost import CatBoostClassifier, CatBoostRegressor

draw = numpy.random.default_rng(0)
columns = draw.normal(size=(300, 3)).astype(numpy.float32)
counts = draw.poisson(numpy.exp(columns[:, 0] + 1)).astype(float)
classes = numpy.array(["a", "b", "c"])[(columns[:, 0] > 0).astype(int) + (columns[:, 1] > 0.5)]
same = {"iterations": 30, "depth": 3, "random_seed": 0, "thread_count": 1, "verbose": False}


def served(model):
    model.save_model("model.onnx", format="onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession("model.onnx", options, providers=["CPUExecutionProvider"])
    return session.run(None, {"features": columns})


for loss in ("RMSE", "MAE", "Poisson", "Tweedie:variance_power=1.5"):
    model = CatBoostRegressor(loss_function=loss, **same).fit(columns, counts)
    told, wanted = served(model)[0].ravel(), model.predict(columns)
    agree = {name: bool(numpy.allclose(told, value, atol=1e-4)) for name, value in
             {"predict": wanted, "log of predict": numpy.log(numpy.abs(wanted))}.items()}
    print(f"{loss:27}", *(name for name, value in agree.items() if value), "| negative:", int((told < 0).sum() > 0))
for loss in ("MultiClass", "MultiClassOneVsAll"):
    model = CatBoostClassifier(loss_function=loss, **same).fit(columns, classes)
    told = numpy.array([list(row.values()) for row in served(model)[1]])
    wanted = model.predict_proba(columns)
    print(f"{loss:27} largest difference of a probability {numpy.abs(told - wanted).max():.1f}")
    print(f"{'':27} sums to one: model {numpy.allclose(wanted.sum(1), 1)}, file {numpy.allclose(told.sum(1), 1, atol=1e-4)}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
RMSE                        predict | negative: 1
MAE                         predict | negative: 0
Poisson                     log of predict | negative: 0
Tweedie:variance_power=1.5  log of predict | negative: 0
MultiClass                  largest difference of a probability 0.0
                            sums to one: model True, file True
MultiClassOneVsAll          largest difference of a probability 0.2
                            sums to one: model False, file True
STATED
