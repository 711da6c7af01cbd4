"""Fingerprint the data: one sha256 over names and contents."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from trainerspec.workspace.listing import locate

EVERY_BYTE = "sha256:"
"""How the fingerprint of data begins of which every byte counts."""
WHOLE = 2**30
"""Up to this many bytes in all, every byte counts; above, the size and both ends of each file."""
END = 64 * 2**10


def fingerprint(path: Path, names: Iterable[str]) -> str:
    """Return `sha256:<hex>` over each file's relative name, size and content, in the order of the names.

    Beyond `WHOLE` bytes in all, a file larger than two `END`s counts by its size, its first and its last `END`
    bytes, and the prefix is `sha256-ends:`. Raises OSError when a file cannot be read.
    """
    ordered = sorted(names)
    sizes = {name: locate(path, name).stat().st_size for name in ordered}
    whole = sum(sizes.values()) <= WHOLE
    total = hashlib.sha256()
    for name in ordered:
        total.update(f"{name}\0{sizes[name]}\0".encode())
        place = locate(path, name)
        total.update(_content(place, sizes[name], place.stat().st_mtime_ns, whole))
    return f"{'sha256' if whole else 'sha256-ends'}:{total.hexdigest()}"


@lru_cache(maxsize=4096)
def _content(path: Path, size: int, _changed: int, whole: bool) -> bytes:
    """Digest a file; one that did not change since this process read it is not read again."""
    with path.open("rb") as file:
        if whole or size <= 2 * END:
            return hashlib.file_digest(file, "sha256").digest()
        ends = hashlib.sha256(file.read(END))
        file.seek(size - END)
        ends.update(file.read(END))
        return ends.digest()
