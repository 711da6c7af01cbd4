#!/usr/bin/env bash
# Finding:  onnxoptimizer's default passes drop the first of two Reshapes where the second keeps a dimension by 0: the answer
#           has other rows
# Versions: onnxoptimizer 0.4.2, onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11
# Guess:    optimised and original graph give the same shape and numbers; two Reshapes merge only where that is right
# Seen:     0 in a Reshape means "as in my input", and with the first gone the input is another: six rows of four come out as
#           two rows of twelve, with no error while dimensions are free. A reader that takes the first row, or a label per
#           row, gets others'. The pass is eliminate_consecutive_idempotent_ops, which takes Reshape for idempotent
# Docs:     the passes have names and no description of what they take for granted. Models that differ after this pass are
#           reported as onnx/optimizer#259 and #171
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q onnxoptimizer==0.4.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnx
import onnxoptimizer
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

rows = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4)
for second in ([0, -1], [-1, 4]):
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["rows", "first"], ["flat"]), helper.make_node("Reshape", ["flat", "second"], ["answer"])],
        "graph",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 3, 4])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["boxes", "values"])],
        [numpy_helper.from_array(numpy.array(shape, numpy.int64), name) for name, shape in (("first", [-1, 4]), ("second", second))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    for name, asked in (("original", model), ("optimised", onnxoptimizer.optimize(model))):
        session = onnxruntime.InferenceSession(asked.SerializeToString(), providers=["CPUExecutionProvider"])
        answer = session.run(None, {"rows": rows})[0]
        print(f"second Reshape {second}, {name}: {len(asked.graph.node)} nodes, shape {list(answer.shape)}, second row {answer[1].tolist()}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
second Reshape [0, -1], original: 2 nodes, shape [6, 4], second row [4.0, 5.0, 6.0, 7.0]
second Reshape [0, -1], optimised: 1 nodes, shape [2, 12], second row [12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0]
second Reshape [-1, 4], original: 2 nodes, shape [6, 4], second row [4.0, 5.0, 6.0, 7.0]
second Reshape [-1, 4], optimised: 1 nodes, shape [6, 4], second row [4.0, 5.0, 6.0, 7.0]
STATED
