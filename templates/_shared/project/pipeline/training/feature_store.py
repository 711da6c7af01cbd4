"""Keep features of examples on disk, each under the digest of its content, so that none is computed twice.

A store is one file of fp16 rows and one index of lines `digest first-row rows`. Rows are on disk before their line is:
a kill loses the batch at hand, never the store.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Half = npt.NDArray[np.float16]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Rows of features, and which of them belong to each entry."""

    rows: Half
    places: Mapping[str, tuple[int, int]]

    def entry(self, name: str) -> Half:
        """Return one entry's features (rows x width)."""
        first, count = self.places[name]
        return self.rows[first : first + count]


class Store:
    """Features by digest; every entry has some rows of `width` values."""

    def __init__(self, folder: Path, width: int) -> None:
        self.width = width
        self.data, self.index = folder / "rows.f16", folder / "index.txt"
        self.places: dict[str, tuple[int, int]] = {}
        self.rows = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.data.touch()
        self.index.touch()
        there = self.data.stat().st_size // (2 * width)
        for line in self.index.read_text().splitlines():
            digest, first, rows = line.split(" ")
            if int(first) + int(rows) <= there:
                self.places[digest] = (int(first), int(rows))
                self.rows = max(self.rows, int(first) + int(rows))
        os.truncate(self.data, self.rows * 2 * width)

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Return the digests that have no features yet, each once, in their order."""
        return [digest for digest in dict.fromkeys(digests) if digest not in self.places]

    def add(self, digests: Sequence[str], features: Sequence[Half]) -> None:
        """Add entries (rows x width)."""
        lines = []
        with self.data.open("ab") as file:
            for digest, entry in zip(digests, features, strict=True):
                file.write(np.ascontiguousarray(entry, dtype=np.float16).tobytes())
                lines.append(f"{digest} {self.rows} {len(entry)}\n")
                self.places[digest] = (self.rows, len(entry))
                self.rows += len(entry)
        with self.index.open("a") as file:
            file.writelines(lines)

    def open(self) -> Half:
        """Map all rows into memory, read on demand."""
        return np.memmap(self.data, dtype=np.float16, mode="r", shape=(self.rows, self.width))


@contextmanager
def opened(parent: Path, name: str, width: int) -> Iterator[Store]:
    """Hold the store `parent/name` alone; stores of other encoders beside it are stale and deleted."""
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in parent.iterdir():
            if other.is_dir() and other.name != name:
                shutil.rmtree(other)
        yield Store(parent / name, width)
