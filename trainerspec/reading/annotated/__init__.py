"""Pictures with objects or regions marked in them. Read `objects.py` (COCO, YOLO, Pascal VOC) or `regions.py` first."""
