"""A language model corrects a draft; start with `assist.py`.

`proposal` is the form in which it proposes edits, `quoting` tells whether its quotes bear them, `edits` applies what
remains.
"""
