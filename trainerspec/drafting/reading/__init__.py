"""Read the request: `text` (traceable to the original), `pattern` and `syntax` (phrases), `vocabulary`, repairs.

Start with `text.py`, then `syntax.py` for the form of the phrases in grammar/vocabulary.
"""
