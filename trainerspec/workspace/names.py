"""What the names of files tell about the data in them."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

Media = Literal["text", "image", "rows"]

TEXTS = frozenset({".txt"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"})
SUFFIXES: Mapping[Media, frozenset[str]] = {"text": TEXTS, "image": IMAGES, "rows": TABLES}


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


def class_of(name: str) -> str | None:
    """Read the class from a flat file name: the words before the number.

    >>> class_of("cat_0012.png"), class_of("polar-bear.3.jpg"), class_of("P0004.jpg"), class_of("0001.png")
    ('cat', 'polar-bear', 'P', None)
    """
    found = re.match(r"[^\W\d_]+(?:[ _-][^\W\d_]+)*", Path(name).name)
    return found.group() if found else None


def media_of(names: Iterable[str]) -> Media | None:
    """Tell which kind of file most of the names are; pictures beside a table are pictures."""
    seen: Counter[Media] = Counter()
    for name in names:
        for media, suffixes in SUFFIXES.items():
            seen[media] += Path(name).suffix.lower() in suffixes
    best, count = seen.most_common(1)[0] if seen else ("rows", 0)
    return best if count else None
