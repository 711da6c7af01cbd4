"""Pictures with a text of the same name beside each: `01.png` and `01.txt`, as trainers of drawing models have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import polars as pl

from .content import load
from .folders import PICTURES, TEXTS, listing, names

IMAGE, TEXT = "image", "text"
SUFFIXES = TEXTS | {".caption"}


@dataclass(frozen=True, kw_only=True)
class Captioned:
    frame: pl.DataFrame = field(repr=False)
    """A row a picture with a text: IMAGE, a path below the folder, and TEXT."""
    texts: tuple[str, ...]
    """The file of each row's text."""


def pairs(listed: Sequence[str]) -> Mapping[str, str]:
    """Return the text of each picture; nothing unless most pictures have one, and neither folders nor names classes.

    >>> pairs(["1.png", "1.txt", "2.png", "2.txt", "README.txt"])
    {'1.png': '1.txt', '2.png': '2.txt'}
    >>> pairs(["1.png", "README.txt"]), pairs(["a/1.png", "a/1.txt", "b/1.png", "b/1.txt"])
    ({}, {})
    """
    pictures = [name for name in listed if PurePosixPath(name).suffix.lower() in PICTURES]
    beside = {_stem(name): name for name in listed if PurePosixPath(name).suffix.lower() in SUFFIXES}
    found = {name: beside[_stem(name)] for name in pictures if _stem(name) in beside}
    if not found or 2 * len(found) <= len(pictures):
        return {}
    return found if len(set(listing(pictures, PICTURES).classes)) == 1 else {}


def read(root: Path) -> Captioned | None:
    """Read a row for each picture with a text; None where a folder has none. Raises Unreadable."""
    listed = names(root) if root.is_dir() else []
    found = pairs(listed)
    if not found:
        return None
    values = [load(root / name).decode().strip() or None for name in found.values()]
    frame = pl.DataFrame({IMAGE: list(found), TEXT: values}, schema={IMAGE: pl.String, TEXT: pl.String})
    return Captioned(frame=frame, texts=tuple(found.values()))


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()
