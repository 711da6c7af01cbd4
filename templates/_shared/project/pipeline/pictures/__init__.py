"""Picture files to arrays: decoding, the decoded copy on disk, near duplicates. Read `decoding.py` first."""
