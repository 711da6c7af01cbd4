"""Read data as people keep it, once, for the compiler and for the projects that it emits.

`table.py` tells the way: content -> dialect -> delimited (or records) -> table; every value stays a text as
written. `values/` says what texts stand for, `kinds.py` what a column holds, and `repairs.py` carries out the steps
that mend values. Nothing here knows a task, and nothing is lost in silence: what is not read comes back as a Note.
"""
