"""The page on the data, and its description for machines. Read `page.py` first."""
