"""What the rules are not sure of: candidates of a request are ranked by weights that were learnt from other requests.

Read `ranker.py` first; `names.py` ranks what may be the target, `lists.py` what may be the classes.
"""
