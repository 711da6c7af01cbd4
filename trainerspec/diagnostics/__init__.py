"""User mistakes as values: model, codes, rendering."""
