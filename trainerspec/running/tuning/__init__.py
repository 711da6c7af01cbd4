"""Search for better settings: `space.py` says what is tried, `study.py` tries it, `trial.py` is one training."""
