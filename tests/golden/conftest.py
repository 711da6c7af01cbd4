"""The golden trees are data here: their own tests and doctests run where they are emitted."""

collect_ignore_glob = ["text-classification/*"]
