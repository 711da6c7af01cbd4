"""Source files to checked rows and splits, before anything is trained. Read `table_files.py` first."""
