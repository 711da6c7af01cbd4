"""Is it still right: what requests and answers look like, counted against a reference. First read signals.py."""
