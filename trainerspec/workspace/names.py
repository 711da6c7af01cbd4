"""What the names of files tell about the data in them."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from trainerspec.reading import folders
from trainerspec.reading.content import is_table

Media = Literal["text", "image", "rows"]
MEDIA: tuple[Media, ...] = ("text", "image", "rows")

IMAGES = folders.PICTURES


def is_kind(name: str, media: Media) -> bool:
    """Tell whether a file is of a kind, by its name."""
    suffix = Path(name).suffix.lower()
    if media == "rows":
        return is_table(name)
    return suffix in (folders.TEXTS if media == "text" else folders.PICTURES)


def choose(names: Iterable[str], most: int) -> tuple[str, ...]:
    """Pick at most `most` names by the sha256 of the name, sorted: the same on any machine.

    >>> choose(["c", "a", "b"], 5)
    ('a', 'b', 'c')
    >>> len(choose((str(i) for i in range(100)), 10))
    10
    """
    ranked = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return tuple(sorted(ranked[:most]))


def is_picture(name: str) -> bool:
    """Tell a picture by its file name.

    >>> is_picture("a/b.JPG"), is_picture("refs.jsonl")
    (True, False)
    """
    return Path(name).suffix.lower() in IMAGES


def media_of(names: Iterable[str]) -> Media | None:
    """Tell which kind of file most of the names are; pictures beside a table are pictures.

    >>> media_of(["README.txt", "LICENSE.txt", "rows.csv"]), media_of(["README.txt"])
    ('rows', 'text')
    """
    seen: Counter[Media] = Counter()
    listed = list(names)
    for name in [name for name in listed if not folders.about(name)] or listed:
        for media in MEDIA:
            seen[media] += is_kind(name, media)
    best, count = seen.most_common(1)[0] if seen else ("rows", 0)
    return best if count else None
