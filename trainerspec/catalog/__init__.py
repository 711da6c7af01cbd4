"""What templates/ declares, as types; start with `model.py`.

`load.py` finds the tasks, `declared.py` makes records of what they declare, `files.py` reads and checks their YAML,
`licences.py` is the policy on base models, `operations.py` counts what one input costs.
"""
