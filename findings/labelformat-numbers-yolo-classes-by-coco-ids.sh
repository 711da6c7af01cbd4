#!/usr/bin/env bash
# Finding:  labelformat writes a COCO data set as YOLO with COCO's category ids as class numbers, beside the count of the classes
# Versions: labelformat 0.1.17, supervision 0.31.2, pillow 12.3.0, numpy 2.4.6, Python 3.11
# Guess:    the classes are numbered anew from 0, as YOLO wants, and what is written can be read again
# Seen:     COCO counts from 1 in most files and with gaps in its own, YOLO from 0 to nc - 1. Categories 1 and 2 become classes
#           1 and 2 with nc 2. supervision takes the names in order: it refuses the set while the last class is in it, and reads
#           a split without that class with each dog as a cat. labelformat itself cannot read its file. A trainer that checks
#           numbers against nc leaves the pictures of the last class out
# Docs:     a class number is "zero-indexed"; nothing on the ids of the source
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q labelformat==0.1.17 supervision==0.31.2 pillow==12.3.0 numpy==2.4.6 || exit 3

env/bin/python -W ignore > seen.txt <<'PYTHON'
import json
import tempfile
from pathlib import Path

import supervision
from labelformat.formats import COCOObjectDetectionInput, YOLOv8ObjectDetectionInput, YOLOv8ObjectDetectionOutput
from PIL import Image

folder = Path(tempfile.mkdtemp())
(folder / "images").mkdir()
for picture in ("dog", "cat"):
    Image.new("RGB", (100, 80)).save(folder / "images" / f"{picture}.jpg")
coco = {
    "images": [{"id": 1, "file_name": "dog.jpg", "width": 100, "height": 80},
               {"id": 2, "file_name": "cat.jpg", "width": 100, "height": 80}],
    "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}],
    "annotations": [{"id": n, "image_id": n, "category_id": n, "bbox": [10, 20, 40, 20], "area": 800, "iscrowd": 0}
                    for n in (1, 2)],
}
(folder / "coco.json").write_text(json.dumps(coco))

source = COCOObjectDetectionInput(input_file=folder / "coco.json")
YOLOv8ObjectDetectionOutput(output_file=folder / "data.yaml", output_split="train").save(label_input=source)
print((folder / "data.yaml").read_text())
for picture in ("dog", "cat"):
    print(f"{picture}.txt:", (folder / "labels" / f"{picture}.txt").read_text().strip())

for kept in (["dog", "cat"], ["dog"]):
    for picture in {"dog", "cat"} - set(kept):
        (folder / "images" / f"{picture}.jpg").unlink()
    places = (str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml"))
    try:
        read = supervision.DetectionDataset.from_yolo(*places)
        named = [f"{Path(path).stem} is a {read.classes[found.class_id[0]]}" for path, _, found in read]
    except ValueError as error:
        named = ["outside the valid range" if "outside the valid range" in str(error) else error]
    print(f"supervision, pictures of {' and '.join(kept)}:", *named)
try:
    again = YOLOv8ObjectDetectionInput(input_file=folder / "data.yaml", input_split="train")
    print("labelformat:", [thing.category.name for label in again.get_labels() for thing in label.objects])
except KeyError as error:
    print("labelformat: KeyError", error)
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
names:
  1: dog
  2: cat
nc: 2
path: .
train: images

dog.txt: 1 0.3 0.375 0.4 0.25
cat.txt: 2 0.3 0.375 0.4 0.25
supervision, pictures of dog and cat: outside the valid range
supervision, pictures of dog: dog is a cat
labelformat: KeyError 0
STATED
