"""The file system. Start with `profile.py` (data becomes facts) and `write.py` (a project becomes files).

`inspect_data` finds the layout of data and returns a `look`, by `tabled`, `annotated`, `tagged`, `pictured` and
`names`; `columns`, `classes` and `prediction_target` judge it; `fingerprint` digests it. `lock` and `sizing` are files
that decisions are kept in; `targets` and `organisation` find what a team adds; `hub` and `machine` look outside.
"""
