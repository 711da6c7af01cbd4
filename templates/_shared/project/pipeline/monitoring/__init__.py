"""Compare what was served with the reference, and show it. First read samples.py."""
