#!/usr/bin/env bash
# Finding:  tfrecord reads a bytes feature of several values without the zero bytes at the end of each
# Versions: tfrecord 1.14.6, protobuf 7.36.2, crc32c 2.9.post0, numpy 2.4.6, Python 3.11
# Guess:    bytes come back as they were written, one value or several
# Seen:     several values are put into a numpy array of fixed-width bytes, which takes zeros at the end for padding. Frames of
#           a clip or token ids that were stored as raw integers come back shorter, by how many depends on the last number; a
#           feature with one value is right, and the file itself is
# Docs:     the loader "yields" the features of each record; nothing on bytes with several values
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q tfrecord==1.14.6 protobuf==7.36.2 crc32c==2.9.post0 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import numpy
import tfrecord

frame = numpy.array([1, 256, 2], numpy.int32).tobytes()
mask = bytes([0, 1, 1, 0])
for values in ([frame], [frame, frame], [mask], [mask, mask, b"\x00"]):
    writer = tfrecord.TFRecordWriter("records.tfrecord")
    writer.write({"values": (values, "byte")})
    writer.close()
    [record] = tfrecord.tfrecord_loader("records.tfrecord", None, {"values": "byte"})
    found = [record["values"]] if isinstance(record["values"], bytes) else [bytes(value) for value in record["values"]]
    in_file = all(value in open("records.tfrecord", "rb").read() for value in values)
    print(f"written {[len(value) for value in values]} bytes, whole in the file {in_file}, read {[len(value) for value in found]}")
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
written [12] bytes, whole in the file True, read [12]
written [12, 12] bytes, whole in the file True, read [9, 9]
written [4] bytes, whole in the file True, read [4]
written [4, 4, 1] bytes, whole in the file True, read [3, 3, 0]
STATED
