"""Boosted trees, a linear model, a network and all of them together, for tables. Read `tabular_model.py` first."""
