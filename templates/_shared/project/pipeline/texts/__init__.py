"""Texts as n-grams of words and characters. Read `ngrams.py` first."""
