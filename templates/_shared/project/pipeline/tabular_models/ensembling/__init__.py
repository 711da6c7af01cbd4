"""Several models of a table as one: how they are weighed, trained and averaged. Read `train_ensemble.py` first."""
