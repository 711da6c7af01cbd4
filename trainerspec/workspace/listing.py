"""Which files there are at a place, and how much of them one look may read."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much one look may read. What is chosen depends on names alone, so it is the same on any machine."""

    files: int = 20_000
    bytes: int = 256 * 2**20
    pictures: int = 256
    """How many pictures are opened."""


def locate(path: Path, name: str) -> Path:
    """Return the file `name` of a look at `path`, which may be that file itself."""
    return path if path.is_file() else path / name


def listed(path: Path) -> list[str]:
    """Return every file that a look at `path` may read, relative and sorted: all but hidden ones."""
    if path.is_file():
        return [path.name]
    found = []
    for one in path.rglob("*"):
        relative = one.relative_to(path)
        dangling = one.is_symlink() and not one.exists()
        if (one.is_file() or dangling) and not any(part.startswith(".") for part in relative.parts):
            found.append(relative.as_posix())
    return sorted(found)
