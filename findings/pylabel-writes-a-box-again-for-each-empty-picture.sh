#!/usr/bin/env bash
# Finding:  pylabel writes a COCO file in which the last box before a picture without boxes stands twice, once more for each such
#           picture in a row
# Versions: pylabel 0.1.55, pandas 2.3.3 (3.1.1 refuses the import), numpy 2.4.6, Python 3.11
# Guess:    a COCO file that is read and written holds the same boxes, and its empty pictures
# Seen:     the copies carry the number and the picture of the box before. Empty pictures are put into a data set on purpose,
#           against false alarms; each now adds an object to some other picture: training counts it double, and an evaluation
#           asks for it twice and finds it once
# Docs:     ExportToCoco "writes COCO annotation files"; pictures without boxes are kept on purpose (pylabel#56)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env && env/bin/pip install -q --no-compile pylabel==0.1.55 pandas==2.3.3 numpy==2.4.6 || exit 3

env/bin/python > seen.txt 2>/dev/null <<'PYTHON'
import json
from pathlib import Path

from pylabel import importer


def written(boxes):
    pictures = [number for number, count in enumerate(boxes, start=1) for _ in range(count)]
    described = {
        "images": [{"id": number, "file_name": f"{number}.png", "width": 100, "height": 80} for number, _ in enumerate(boxes, start=1)],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [
            {"id": number, "image_id": picture, "category_id": 1, "bbox": [10, 10, 20, 30], "area": 600, "iscrowd": 0, "segmentation": []}
            for number, picture in enumerate(pictures, start=1)
        ],
    }
    Path("before.json").write_text(json.dumps(described))
    importer.ImportCoco("before.json").export.ExportToCoco(output_path="after.json")
    after = json.loads(Path("after.json").read_text())["annotations"]
    return [sum(one["image_id"] == number for one in after) for number, _ in enumerate(boxes, start=1)]


for boxes in ([2, 1, 1], [1, 0, 2], [2, 0, 0, 0]):
    print("boxes by picture, before", boxes, "after", written(boxes))
PYTHON

diff -u --label stated --label 'seen now' - seen.txt <<'STATED'
boxes by picture, before [2, 1, 1] after [2, 1, 1]
boxes by picture, before [1, 0, 2] after [2, 0, 2]
boxes by picture, before [2, 0, 0, 0] after [5, 0, 0, 0]
STATED
