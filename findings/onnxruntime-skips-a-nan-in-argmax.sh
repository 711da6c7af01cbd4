#!/usr/bin/env bash
# Finding:  ArgMax, ReduceMax and ReduceMin of onnxruntime skip a NaN, except where it stands first
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11
# Guess:    a NaN wins, as in numpy, PyTorch and onnx's own reference; operators Max and Min with two inputs do that here too
# Seen:     a classifier with a broken score for one class answers with the best of the others, or with class 0 when the NaN
#           is the first score; a graph that guards itself by ReduceMax sees a usual number. The same row gives another
#           class in numpy, so a check of labels after the export finds a difference that rounding does not explain
# Docs:     ONNX says nothing on NaN for the three; the reference in the onnx package gives what numpy gives. Open as
#           microsoft/onnxruntime#10514 for ReduceMax
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

ROWS = ([numpy.nan, 1.0, 3.0], [1.0, numpy.nan, 3.0], [1.0, 3.0, numpy.nan])
for operator, kind in (("ArgMax", TensorProto.INT64), ("ReduceMax", TensorProto.FLOAT), ("ReduceMin", TensorProto.FLOAT)):
    place = {"axis": 1} if operator == "ArgMax" else {"axes": [1]}
    graph = helper.make_graph(
        [helper.make_node(operator, ["scores"], ["answer"], keepdims=0, **place)],
        "graph",
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("answer", kind, ["rows"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    feed = {"scores": numpy.array(ROWS, numpy.float32)}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    print(operator, "NaN first, second, last: onnxruntime", session.run(None, feed)[0].tolist(), end=", ")
    print("reference", ReferenceEvaluator(model).run(None, feed)[0].tolist())
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
ArgMax NaN first, second, last: onnxruntime [0, 2, 1], reference [0, 1, 2]
ReduceMax NaN first, second, last: onnxruntime [nan, 3.0, 3.0], reference [nan, nan, nan]
ReduceMin NaN first, second, last: onnxruntime [nan, 1.0, 1.0], reference [nan, nan, nan]
STATED
