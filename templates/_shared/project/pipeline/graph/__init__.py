"""The exported ONNX graph: run it, count its operations, convert its numbers. Read `inference.py` first."""
