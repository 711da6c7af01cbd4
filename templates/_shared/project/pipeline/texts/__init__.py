"""Texts as n-grams of words and characters, and what is answered of a text. Read `ngrams.py` first."""
