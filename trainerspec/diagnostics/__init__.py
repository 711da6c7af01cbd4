"""A user's mistake as a value: `model` (the record), `codes` (grammar/diagnostics.yaml), `render`, `reference`."""
