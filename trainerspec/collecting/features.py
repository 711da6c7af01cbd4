"""Parquet files as `datasets` writes them: classes by their name, and pictures as files that the table names."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from ..reading import disk
from .rows import digest

Feature = Mapping[str, object]
ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"RIFF": ".webp",
    b"BM": ".bmp",
    b"II*\x00": ".tif",
    b"MM\x00*": ".tif",
}
"""How pictures begin."""
PICTURES = "pictures"


def plain(path: Path, folder: Path, features: Mapping[str, Feature]) -> str:
    """Rewrite a file where its features say more than its columns; return a digest of its rows, empty if it stays."""
    frame = pl.read_parquet(path)
    changed: list[pl.Series] = []
    for name, feature in features.items():
        if name not in frame.columns:
            continue
        column = frame[name]
        names = classes(feature)
        if names and column.dtype.is_integer():
            changed.append(named(column, names))
        elif names and isinstance(column.dtype, pl.List) and column.dtype.inner.is_integer():
            changed.append(pl.Series(name, [None if one is None else named(one, names).to_list() for one in column]))
        elif feature.get("_type") == "Image" and isinstance(column.dtype, pl.Struct):
            changed.append(pl.Series(name, list(pictures(column, path.stem, folder)), dtype=pl.String))
    if not changed:
        return ""
    made = frame.with_columns(changed)
    with disk.writing(path):
        made.write_parquet(path)
    return digest(made)


def classes(feature: Feature) -> list[str]:
    """Return the names of the classes of a column, or of the items of its lists; nothing when it has none.

    >>> classes({"_type": "ClassLabel", "names": ["ham", "spam"]}), classes({"_type": "Value", "dtype": "string"})
    (['ham', 'spam'], [])
    """
    inner = feature.get("feature")
    if isinstance(inner, Mapping):
        return classes(inner)
    names = feature.get("names") if feature.get("_type") == "ClassLabel" else None
    return [str(name) for name in names] if isinstance(names, list) else []


def named(column: pl.Series, names: list[str]) -> pl.Series:
    """Return the names of class numbers; -1, by which a row without a class is marked, has none."""
    return pl.Series(column.name, [names[at] if at is not None and 0 <= at < len(names) else None for at in column])


def pictures(column: pl.Series, stem: str, folder: Path) -> Iterator[str | None]:
    """Write each picture to a file of its own; yields its path below `folder`."""
    (folder / PICTURES).mkdir(exist_ok=True)
    for at, one in enumerate(column):
        content = one.get("bytes") if isinstance(one, Mapping) else None
        if not isinstance(content, bytes):
            yield one.get("path") if isinstance(one, Mapping) else None
            continue
        ending = next((end for head, end in ENDINGS.items() if content.startswith(head)), ".img")
        place = f"{PICTURES}/{stem}-{at:07d}{ending}"
        (folder / place).write_bytes(content)
        yield place
