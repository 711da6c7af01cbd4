"""Where a model is good and where not: curves, parts of the data, ranges of the answer. Read `slices.py` first."""
