#!/usr/bin/env bash
# Finding:  safetensors.numpy saves an array in Fortran order, such as a transposed one or one that LAPACK made, with its
#           numbers in other places
# Versions: safetensors 0.8.0 (0.7.0 wrote it right), numpy 2.4.6, scikit-learn 1.9.1, Python 3.11
# Guess:    the array comes back equal, whatever its order in memory, or save_file refuses it as the PyTorch side does
# Seen:     shape and type come back, the numbers are in the order of memory: no load fails, and a projection or a weight
#           that was saved after ".T" is noise. Arrays in C order, hence most tests, are right
# Docs:     "tensors need to be contiguous and dense", which numpy says of such an array too (F_CONTIGUOUS). Open as
#           huggingface/safetensors#825
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q safetensors==0.8.0 numpy==2.4.6 scikit-learn==1.9.1 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
from safetensors.numpy import load_file, save_file
from sklearn.decomposition import PCA

weight = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
rows = numpy.random.default_rng(0).normal(size=(100, 3)).astype(numpy.float32)
arrays = {
    "in C order": weight,
    "transposed": weight.T,
    "transposed and copied": weight.T.copy(),
    "components of a PCA": PCA(svd_solver="full").fit(rows).components_,
}
for name, array in arrays.items():
    save_file({"array": array}, "array.safetensors")
    back = load_file("array.safetensors")["array"]
    memory = array.ravel(order="K").reshape(array.shape)
    print(f"{name}: equal {numpy.array_equal(back, array)}, as in memory {numpy.array_equal(back, memory)}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
in C order: equal True, as in memory True
transposed: equal False, as in memory True
transposed and copied: equal True, as in memory True
components of a PCA: equal False, as in memory True
STATED
