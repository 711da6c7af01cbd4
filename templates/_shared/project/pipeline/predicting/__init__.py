"""Answers for many rows without a server: a file in, a file out. Read `source.py` first, then `requests.py`."""
