#!/usr/bin/env bash
# Finding:  supervision writes a COCO data set as YOLO or Pascal VOC without the boxes that have no outline, in each picture in
#           which another object has one
# Versions: supervision 0.29.1, numpy 2.4.6, Python 3.11
# Guess:    every object is written: as a polygon where there is one, else as its box
# Seen:     a picture with one outlined dog and one boxed car is written with the dog alone, no message; the same car in a picture
#           with boxes only is written. A detector trained on the result learns that such cars are background
# Docs:     as_yolo and as_pascal_voc "save the dataset"; COCO allows an annotation without a segmentation
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q supervision==0.29.1 numpy==2.4.6 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import json
from pathlib import Path

import numpy
import supervision
from PIL import Image

Path("pictures").mkdir()
names = ("both.png", "boxes.png")
for name in names:
    Image.fromarray(numpy.zeros((80, 100, 3), numpy.uint8)).save(Path("pictures", name))
outline = [[10, 10, 30, 10, 30, 40, 10, 40]]
objects = [
    {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30], "segmentation": outline},
    {"image_id": 1, "category_id": 2, "bbox": [40, 20, 50, 40], "segmentation": []},
    {"image_id": 2, "category_id": 2, "bbox": [40, 20, 50, 40], "segmentation": []},
]
described = {
    "images": [{"id": number, "file_name": name, "width": 100, "height": 80} for number, name in enumerate(names, start=1)],
    "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "car"}],
    "annotations": [
        {"id": number, "iscrowd": 0, "area": one["bbox"][2] * one["bbox"][3], **one} for number, one in enumerate(objects, start=1)
    ],
}
Path("coco.json").write_text(json.dumps(described))
dataset = supervision.DetectionDataset.from_coco("pictures", "coco.json")
dataset.as_yolo(annotations_directory_path="yolo")
dataset.as_pascal_voc(annotations_directory_path="voc")
dataset.as_coco(annotations_path="back.json")
back = json.loads(Path("back.json").read_text())
print("read:", {Path(path).name: len(found) for path, found in sorted(dataset.annotations.items())})
for name in sorted(names):
    stem = Path(name).stem
    print(stem, "in YOLO:", len(Path("yolo", f"{stem}.txt").read_text().split("\n")[:-1]), end=" ")
    print("in VOC:", Path("voc", f"{stem}.xml").read_text().count("<object>"))
print("in COCO:", len(back["annotations"]))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
read: {'both.png': 2, 'boxes.png': 1}
both in YOLO: 1 in VOC: 1
boxes in YOLO: 1 in VOC: 1
in COCO: 3
STATED
