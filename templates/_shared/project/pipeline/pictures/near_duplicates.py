"""Find pictures that are the same or nearly so: another format, another compression, another size."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SIDE = 16
"""Pictures are compared as grey squares of this side."""
NEAR = 4.0
"""Root mean square difference, of 255, up to which two pictures are the same; JPEG compression costs 1 to 3."""
CHUNK = 1024


def unite(keys: Sequence[str], small: npt.NDArray[np.uint8]) -> list[str]:
    """Return each picture the key of the first one that it nearly equals.

    `small` is pictures x SIDE x SIDE. Two pictures whose means differ by more than NEAR cannot be near each other, so
    only neighbours in the order of means are compared.
    """
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        first.setdefault(key, index)
    rows = np.array(list(first.values()), dtype=np.int64)
    flat = small[rows].reshape(len(rows), -1).astype(np.float32)
    means = flat.mean(axis=1) if len(rows) else np.zeros(0, np.float32)
    order = np.argsort(means, kind="stable")
    flat, means, rows = flat[order], means[order], rows[order]
    parent = {int(row): int(row) for row in rows}

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    squares = (flat**2).sum(axis=1)
    for start in range(0, len(rows), CHUNK):
        stop = min(len(rows), start + CHUNK)
        end = int(np.searchsorted(means, means[stop - 1] + NEAR, side="right"))
        gaps = squares[start:stop, None] + squares[None, start:end] - 2 * flat[start:stop] @ flat[start:end].T
        near = gaps <= NEAR**2 * flat.shape[1]
        for one, other in np.argwhere(np.triu(near, 1)):
            pair = sorted((root(int(rows[start + one])), root(int(rows[start + other]))))
            parent[pair[1]] = pair[0]
    return [keys[root(first[key])] for key in keys]
