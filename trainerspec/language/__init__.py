"""The languages people write: YAML with spans, JSON Schema, expressions, and the printer."""
