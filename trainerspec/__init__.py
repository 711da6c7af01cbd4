"""Compile a plain-language machine-learning request into a reproducible project."""

__version__ = "0.2.0"
