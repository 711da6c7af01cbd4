"""Columns of a table: as requests have them, as models see them, and how much each matters.

Read `input_columns.py` first.
"""
