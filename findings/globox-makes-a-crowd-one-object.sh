#!/usr/bin/env bash
# Finding:  globox reads a COCO file and writes it with every iscrowd at 0, every area replaced by that of the box, and the
#           first annotation numbered 0
# Versions: globox 2.9.0, Python 3.11
# Guess:    reading and writing the same format keeps what an evaluation needs: box, category, crowd and area
# Seen:     a crowd region, which an evaluation passes over, becomes one object that each detector misses; outlined objects move
#           from "small" to "medium"; and number 0 is the one that COCO's evaluation never matches. The scores of a data set
#           that was filtered or renamed with globox are other scores, with no message
# Docs:     save_coco is said to write the annotations in COCO format; that crowd and area are not kept is not said
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q globox==2.9.0 || exit 3

env/bin/python > seen.txt <<'PYTHON'
import json
from pathlib import Path

from globox import AnnotationSet

described = {
    "images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 200}],
    "categories": [{"id": 1, "name": "person"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 40], "area": 700, "iscrowd": 0, "segmentation": []},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [60, 60, 100, 90], "area": 5000, "iscrowd": 1, "segmentation": []},
    ],
}
Path("before.json").write_text(json.dumps(described))
AnnotationSet.from_coco(file_path="before.json").save_coco("after.json")
for name in ("before.json", "after.json"):
    for one in json.loads(Path(name).read_text())["annotations"]:
        print(name, "id", one["id"], "box", [round(side) for side in one["bbox"]], "area", round(one["area"]), "crowd", one["iscrowd"])
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
before.json id 1 box [10, 10, 40, 40] area 700 crowd 0
before.json id 2 box [60, 60, 100, 90] area 5000 crowd 1
after.json id 0 box [10, 10, 40, 40] area 1600 crowd 0
after.json id 1 box [60, 60, 100, 90] area 9000 crowd 0
STATED
