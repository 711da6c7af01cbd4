"""The job that builds and checks a TensorRT plan, on the GPU that will run it. Read `build_plan.py` first."""
