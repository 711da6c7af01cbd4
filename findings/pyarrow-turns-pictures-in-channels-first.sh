#!/usr/bin/env bash
# Finding:  FixedShapeTensorArray.from_numpy_ndarray takes pictures that a transpose made channels first, and to_numpy_ndarray
#           then refuses them or gives them back with axes in another order
# Versions: pyarrow 26.0.1, polars 2.1.0, numpy 2.4.6, Python 3.11
# Guess:    what went in comes out, view or copy; a reader that does not know the type refuses it or keeps the shape
# Seen:     pyarrow stores the memory as it lies with a permutation, and turns three axes round the wrong way on the way out.
#           Pictures are written to Parquet and refused ("buffer over run") when training reads them; voxels, of three equal
#           axes, come back with numbers in other places and no shape tells. A copy is right, and so is a swap of two axes.
#           polars drops shape and permutation and shows the memory: one file holds channels last, the other first, by
#           whether somebody called .copy()
# Docs:     "if input array data is not contiguous a copy will be made"; "the rest of the dimensions will match the permuted
#           shape of the fixed shape tensor"
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q pyarrow==26.0.1 polars==2.1.0 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import polars
import pyarrow
import pyarrow.parquet


def kept(name, tensors):
    column = pyarrow.FixedShapeTensorArray.from_numpy_ndarray(tensors)
    pyarrow.parquet.write_table(pyarrow.table({"tensor": column}), "tensors.parquet")
    try:
        back = pyarrow.parquet.read_table("tensors.parquet")["tensor"].combine_chunks().to_numpy_ndarray()
        came = f"comes back {list(back.shape)}, equal {numpy.array_equal(back, tensors)}"
    except pyarrow.ArrowInvalid:
        came = "is written, and refused on reading"
    flat = polars.read_parquet("tensors.parquet")["tensor"].to_numpy()[0]
    print(f"{name} {list(tensors.shape)} {came}; polars in its order: {numpy.array_equal(flat, tensors[0].ravel())}")


pictures = numpy.arange(2 * 8 * 8 * 3, dtype=numpy.float32).reshape(2, 8, 8, 3)
voxels = numpy.arange(2 * 3 * 3 * 3, dtype=numpy.float32).reshape(2, 3, 3, 3)
for kind, tensors in (("pictures", pictures), ("voxels", voxels)):
    kept(f"{kind}, last axis first,", tensors.transpose(0, 3, 1, 2))
    kept(f"{kind}, last axis first, copied,", tensors.transpose(0, 3, 1, 2).copy())
    kept(f"{kind}, two axes swapped,", tensors.transpose(0, 1, 3, 2))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
pictures, last axis first, [2, 3, 8, 8] is written, and refused on reading; polars in its order: False
pictures, last axis first, copied, [2, 3, 8, 8] comes back [2, 3, 8, 8], equal True; polars in its order: True
pictures, two axes swapped, [2, 8, 3, 8] comes back [2, 8, 3, 8], equal True; polars in its order: False
voxels, last axis first, [2, 3, 3, 3] comes back [2, 3, 3, 3], equal False; polars in its order: False
voxels, last axis first, copied, [2, 3, 3, 3] comes back [2, 3, 3, 3], equal True; polars in its order: True
voxels, two axes swapped, [2, 3, 3, 3] comes back [2, 3, 3, 3], equal True; polars in its order: False
STATED
