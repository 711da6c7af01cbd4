"""Gradient-boosted trees and a network for tables. Read `tabular_model.py` first."""
