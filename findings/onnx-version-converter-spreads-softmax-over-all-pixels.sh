#!/usr/bin/env bash
# Finding:  onnx.version_converter takes a Softmax over the classes of a picture (axis 1 of four) from opset 13 to 12 and
#           leaves it as it is, where opset 12 reads the same node as a Softmax over classes, height and width together
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11
# Guess:    the graph keeps its numbers (by Transpose or Reshape around the node, as on the way up from 12 to 13), or the
#           conversion refuses for want of an adapter, as it does for many other operators on the way down
# Seen:     no error, and the checker passes; a pixel's probabilities no longer add up to 1 but those of the whole picture
#           do, so every threshold on a probability fails. On the way up Softmax is rewritten with care, but Hardmax, whose
#           meaning changed in the same opset, is not: there too the numbers change without a word
# Docs:     "the model will be converted to the target version"; nothing on adapters that keep form and not meaning
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, version_converter

pixels = numpy.random.default_rng(0).normal(size=(1, 3, 4, 4)).astype(numpy.float32)


def answers(model):
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"pixels": pixels})[0]


for operator, before, after in (("Softmax", 12, 13), ("Softmax", 13, 12), ("Hardmax", 12, 13)):
    graph = helper.make_graph(
        [helper.make_node(operator, ["pixels"], ["classes"], axis=1)],
        "graph",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, pixels.shape)],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, pixels.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", before)], ir_version=7)
    old, new = answers(model), answers(version_converter.convert_version(model, after))
    sums = [round(float(values[0, :, 0, 0].sum()), 2) for values in (old, new)]
    print(f"{operator} {before} to {after}: same {numpy.allclose(old, new)}; sum of one pixel {sums}; of all {old.sum():.0f}, {new.sum():.0f}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
Softmax 12 to 13: same True; sum of one pixel [0.03, 0.03]; of all 1, 1
Softmax 13 to 12: same False; sum of one pixel [1.0, 0.03]; of all 16, 1
Hardmax 12 to 13: same False; sum of one pixel [0.0, 1.0]; of all 1, 16
STATED
