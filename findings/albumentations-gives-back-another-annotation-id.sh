#!/usr/bin/env bash
# Finding:  albumentations gives back whole numbers in a label field as the nearest float32: above 16777216 other numbers, and
#           several boxes the same one
# Versions: albumentations 2.0.8, numpy 2.4.6, opencv-python-headless 5.0.0.93, Python 3.11
# Guess:    a label comes back as it went in, whatever its type, as text does; only boxes are turned into floats
# Seen:     COCO numbers its annotations up to 900 billion, and trackers and clocks count far above 16 million too: the box
#           that was flipped carries the number of no annotation or of another, so masks, attributes or tracks that are looked
#           up by it are not found or are a neighbour's. An array of int64 fares the same; small numbers only become floats
# Docs:     label_fields is the "list of fields that are joined with boxes, e.g., ['class_labels', 'scores']"; that numbers pass
#           through float32 is not said. Whole numbers that became floats were reported as albumentations#2324 and mended once
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q albumentations==2.0.8 numpy==2.4.6 opencv-python-headless==5.0.0.93 || exit 3

NO_ALBUMENTATIONS_UPDATE=1 env/bin/python > seen.txt <<'PYTHON'
import albumentations
import numpy

flip = albumentations.Compose(
    [albumentations.HorizontalFlip(p=1)],
    bbox_params=albumentations.BboxParams(format="coco", label_fields=["ids"]),
)
boxes = [[10, 10, 20, 20], [30, 30, 20, 20], [50, 50, 20, 20]]


def ids(given):
    out = flip(image=numpy.zeros((100, 100, 3), numpy.uint8), bboxes=boxes, ids=given)["ids"]
    return [value if isinstance(value, str) else int(value) for value in out]


print("text      ", ids(["908800474295", "908800474296", "16777217"]))
print("small     ", ids([1, 2, 3]))
print("COCO      ", ids([908800474295, 908800474296, 16777217]))
print("int64     ", ids(numpy.array([908800474295, 908800474296, 16777217])))
print("clock (ms)", ids([1686000000000, 1686000000001, 1686000000040]))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
text       ['908800474295', '908800474296', '16777217']
small      [1, 2, 3]
COCO       [908800491520, 908800491520, 16777216]
int64      [908800491520, 908800491520, 16777216]
clock (ms) [1685999976448, 1685999976448, 1685999976448]
STATED
