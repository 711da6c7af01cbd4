"""The file system: lock, atomic writes, data profiles."""
