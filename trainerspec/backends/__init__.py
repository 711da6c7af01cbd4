"""Typed values to documents; `passes/emit.py` calls each of them.

`params` and `dvc` (the pipeline), `project` and `docs` (what people read), `kserve/` and `triton` (serving), `estimate`
(what serving will cost). `documents` renders Jinja templates in memory.
"""
