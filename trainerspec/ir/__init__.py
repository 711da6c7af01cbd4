"""Frozen records that pass between the passes. Imports nothing of the project."""
