"""Base models: where their weights are and how they are opened. Read `weights.py` first."""
