"""Columns of tables, labels and splits: what misleads a model, and what gives the answer away."""
