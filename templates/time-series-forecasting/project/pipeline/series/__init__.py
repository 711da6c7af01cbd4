"""Series of a long table: laid on a regular grid, cut into windows, described by features and a simple forecast.

Read `windows.py` first, then `features.py`.
"""
