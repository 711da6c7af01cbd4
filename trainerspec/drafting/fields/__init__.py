"""What a request says, field by field; start with `findings.py`, which reads them all once.

The task (`recognise`), where the data is (`sources`), `columns`, `labels`, `limits` and the `objectives` that they
become, and a `name` for the project.
"""
