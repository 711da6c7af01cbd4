"""Labels for rows that have none: how sure they are (`confidence.py`), how good, and what people are asked."""
