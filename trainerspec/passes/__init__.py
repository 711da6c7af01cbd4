"""The passes of the compiler: one file, one function of that name; `trainerspec/compiler.py` calls them in order.

parse, validate (with `meaning`), observe, decide, pin, plan (with `code`, `module`, `import_graph`), emit.
"""
