"""A second reader beside the rules: a small trained classifier says what a text asks for, and whether it may do harm.

`features.py` turns a text into rows of two tables; `classifier.py` reads the weights (grammar/intent.bin, made by
`make intent` from intent/) and scores. Nothing here decides: `draft.py` asks where it and the rules differ.
"""
