"""Pictures with objects marked in them: COCO, YOLO and Pascal VOC. Read `objects.py` first."""
