"""How unusual rows are: what is seen of them, two ways to score them, and the threshold of an alarm.

Read `features.py` first.
"""
