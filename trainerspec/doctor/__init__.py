"""Is everything here that building and running needs? Start with `health.py`.

`tensorrt.py` compiles a graph with the real TensorRT-RTX library, by `tensorrt_probe.py` in an environment of its own.
"""
