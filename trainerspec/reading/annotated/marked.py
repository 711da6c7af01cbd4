"""What the readers of the layouts have in common: a row an object, and what they have to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..folders import PARTS, PICTURES, locate
from ..notes import Note

Corners = list[float]


@dataclass(frozen=True, kw_only=True)
class Row:
    image: str
    """The picture, as a path below the folder; as it is named where no such file is there."""
    place: str
    label: str | None = None
    box: Corners | None = None
    part: str | None = None


@dataclass(frozen=True, kw_only=True)
class Marked:
    rows: tuple[Row, ...]
    notes: tuple[Note, ...] = ()


def pictures(listed: Iterable[str]) -> list[str]:
    """Return the pictures among files."""
    return [name for name in listed if PurePosixPath(name).suffix.lower() in PICTURES]


def in_part(image: str) -> str | None:
    """Return the part of a split that a folder of the picture is called after.

    >>> in_part("images/val/1.jpg"), in_part("1.jpg")
    ('validation', None)
    """
    parts = [PARTS[one.lower()] for one in PurePosixPath(image).parts[:-1] if one.lower() in PARTS]
    return parts[-1] if parts else None


def called(value: object) -> str | None:
    """Return the name that a value of a file is: a text or a number, as a text; None for anything else.

    >>> called("car"), called(3), called(None), called(["car"])
    ('car', '3', None, None)
    """
    return str(value) if isinstance(value, str | int | float) else None


def beside(named: Iterable[tuple[str, str]], there: list[str]) -> dict[tuple[str, str], str]:
    """Find the picture that a file names: beside the file, else wherever it is the only one of that name.

    >>> beside([("train/a.json", "1.jpg"), ("b.json", "2.jpg")], ["train/1.jpg", "val/1.jpg", "x/2.jpg"])
    {('train/a.json', '1.jpg'): 'train/1.jpg', ('b.json', '2.jpg'): 'x/2.jpg'}
    """
    asked, known = list(dict.fromkeys(named)), set(there)
    elsewhere = locate((name for _, name in asked), there)
    found = {}
    for file, name in asked:
        near = (PurePosixPath(file).parent / name.replace("\\", "/")).as_posix()
        found[file, name] = near if near in known else elsewhere[name] or name
    return found
