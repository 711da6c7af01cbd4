"""What a look at the data adds to a draft: `infer.py` fills in columns, classes and the medium, and says why."""
