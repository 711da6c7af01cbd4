"""What differs between tasks: data, model, encode and decode, metrics, figures.

Read `processing.py` first, then `model.py`.
"""
