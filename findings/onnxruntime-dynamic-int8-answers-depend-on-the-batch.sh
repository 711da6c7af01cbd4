#!/usr/bin/env bash
# Finding:  a row's answer from a graph quantized by quantize_dynamic changes with the other rows of its batch
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11
# Guess:    a row's answer is the same alone and in a batch but for rounding in the last digits, as in float32
# Seen:     one neighbour of large values moves the answer by a thousand times more than float32 does: the scale of the
#           activations is taken over the whole batch. A server that batches gives a client other labels under load
# Docs:     "dynamic quantization calculates the quantization parameters for activations dynamically": that the whole
#           tensor, all requests in a batch, shares them is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 sympy==1.14.0 || exit 3

env/bin/python > seen.txt 2>/dev/null <<'PYTHON'
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

chance = numpy.random.default_rng(0)
weights = numpy_helper.from_array(chance.normal(size=(64, 8)).astype(numpy.float32), "weights")
graph = helper.make_graph(
    [helper.make_node("MatMul", ["rows", "weights"], ["answers"])],
    "graph",
    [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 64])],
    [helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["batch", 8])],
    [weights],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
onnx.checker.check_model(model)
onnx.save(model, "float.onnx")
quantize_dynamic("float.onnx", "int8.onnx")

row = chance.normal(size=(1, 64)).astype(numpy.float32)
neighbour = (100 * chance.normal(size=(1, 64))).astype(numpy.float32)
moved = {}
for name in ("float", "int8"):
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    alone = session.run(None, {"rows": row})[0][0]
    beside = session.run(None, {"rows": numpy.concatenate([row, neighbour])})[0][0]
    moved[name] = float(numpy.abs(alone - beside).max() / numpy.abs(alone).max())
print("float32 moves by less than one in ten thousand:", moved["float"] < 1e-4)
print("int8 moves by more than a tenth:", moved["int8"] > 0.1)
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
float32 moves by less than one in ten thousand: True
int8 moves by more than a tenth: True
STATED
