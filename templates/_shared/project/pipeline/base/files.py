"""Write files whole or not at all, digest them, and keep side folders for work that a kill must not lose."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LISTING = "digests.json"
"""Stands in a folder that a stage made, with the sha256 of each file there."""
WORK = Path("work")
"""Git-ignored and no output of any stage: DVC never touches it."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def write_json(path: Path, value: object) -> None:
    """Write JSON with sorted keys, so that equal values give equal bytes."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    write_bytes(path, (text + "\n").encode())


def read_json(path: Path) -> dict[str, object]:
    """Read a JSON object."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise TypeError(f"{path} is not a JSON object")
    return value


def read_numbers(path: Path) -> dict[str, float]:
    """Read the numbers of a flat JSON object, leaving out what is not a number."""
    pairs = read_json(path).items()
    return {key: float(value) for key, value in pairs if isinstance(value, int | float) and not isinstance(value, bool)}


def below(folder: Path, name: str) -> Path | None:
    """Return the place of a name that a file tells, below a folder; None when it leaves the folder.

    >>> below(Path("data"), "a/b.png").as_posix(), below(Path("data"), "../b.png"), below(Path("data"), "/etc/passwd")
    ('data/a/b.png', None, None)
    """
    root = os.path.abspath(folder)
    place = os.path.abspath(os.path.join(root, name.replace("\\", "/")))
    return folder / name if place.startswith(root + os.sep) else None


def sha256(path: Path) -> str:
    """Return a file's sha256, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder but its listing of digests."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != LISTING)


def key(settings: Mapping[str, object], paths: Iterable[Path]) -> str:
    """Name a piece of work by what it depends on: the settings and the content of the files."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for path in paths:
        digest.update(f"{path.name}:{sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def lock_digest() -> str:
    """Return the sha256 of trainer.lock, or nothing when there is none."""
    lock = Path("trainer.lock")
    return sha256(lock) if lock.exists() else ""


def fresh(folder: Path) -> Path:
    """Return an empty folder of that name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def side_folder(parent: Path, name: str) -> Iterator[Path]:
    """Hold `parent/name` alone while working in it; delete it on success, keep it for the next run otherwise.

    Siblings of other names are stale work of other settings and are deleted. A second process waits, but for those of
    the same training, which work in it together with the first.
    """
    if os.environ.get("RANK", "0") != "0":  # as `distributed` has it, which the server does without
        (parent / name).mkdir(parents=True, exist_ok=True)
        yield parent / name
        return
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in parent.iterdir():
            if other.is_dir() and other.name != name:
                shutil.rmtree(other)
        folder = parent / name
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder)
