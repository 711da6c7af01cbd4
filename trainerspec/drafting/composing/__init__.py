"""Findings become a trainer.yaml document with evidence and questions: `compose.py`."""
