"""Check data before anything is trained: what it holds that misleads a model, or those who believe its numbers.

`check.py` tells the way: a Subject (rows, and what each column is for) goes through the checks of `tables/`, `texts/`
and `pictures/`; Findings come out, each with a stable code, its rows and what to do. Compiler and projects
run the same files. They need polars and Pillow alone; `deep/` holds what fits models, for which scikit-learn and
datasketch are loaded.
"""
