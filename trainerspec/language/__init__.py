"""The spec's language: YAML with places (`document`), JSON Schema (`schema`), `expression/`s, and the `printer`.

Start with `document.py`. `schema_errors` puts what a schema rejects in words, `editing` changes a spec and keeps its
comments, `formula` is arithmetic as data, `grammar` reads grammar/, `suggest` finds what was meant.
"""
