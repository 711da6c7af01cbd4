"""Bytes of the Open Inference Protocol to arrays and back, strict on what comes in. Read `wire.py` first."""
