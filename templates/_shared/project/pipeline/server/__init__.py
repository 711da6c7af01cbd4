"""The HTTP and gRPC server of a package; no torch here. Read `bundle.py` first, then `predictor.py`."""
