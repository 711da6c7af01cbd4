"""Texts, the tags and spans in them, and personal data."""
