"""The rows of a query: `queries.py` asks, one module a database reads."""
