"""Folders of pictures or texts: what the names of files and folders tell of classes and of the parts of a split."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .notes import Note

TEXTS = frozenset({".txt", ".text"})
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
SYSTEM = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"})
"""Files that operating systems leave in folders, beside hidden ones."""
ABOUT = re.compile(r"(?:readme|licen[cs]e|copying|changelog|notice|citation|about|description|index)", re.IGNORECASE)
"""How files begin that speak of the data."""
SPOKEN = frozenset({"", ".txt", ".text", ".md", ".rst", ".html", ".htm", ".pdf"})
"""How such files end."""
PARTS = {
    "train": "train", "training": "train", "dev": "validation", "val": "validation", "valid": "validation",
    "validation": "validation", "eval": "validation", "test": "test", "testing": "test", "holdout": "test",
}  # fmt: skip
"""What parts of a split are called in names."""
WORDS = re.compile(r"(?P<name>[^\W\d_]+(?:[ _-][^\W\d_]+)*)[ ._-]*\(?\d")
NUMBERED = re.compile(r"(?P<name>\d{1,4}|[^\W_]+?)[_-]\d+(?:\D|$)")
LABELLED = frozenset({"labelled", "labeled", "annotated"})
UNLABELLED = frozenset({"unlabelled", "unlabeled", "unannotated", "not_labelled", "not_labeled"})
"""What the folder of files is called that nobody put into a class yet, and that of the others beside it."""
FEW = 2
"""Classes that names have to tell apart before they count as classes."""
SMALL = 10
"""Files below which one of each class is enough."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The files of one kind, with what their names tell."""

    files: tuple[str, ...]
    """Relative to the source, sorted."""
    classes: tuple[str | None, ...]
    """The class of each file, None where its name tells none."""
    parts: tuple[str | None, ...]
    """The part of a split that a folder puts each file in: train, validation or test."""
    notes: tuple[Note, ...]
    waiting: tuple[bool, ...] = ()
    """Whether each file lies in a folder of unlabelled ones: it has no class yet."""

    def parts_of(self, names: Iterable[str]) -> list[str | None]:
        """Return the part of a split that each of these files is put in."""
        told = dict(zip(self.files, self.parts, strict=True))
        return [told[name] for name in names]

    @property
    def foldered(self) -> bool:
        """Tell whether folders name the classes."""
        return any("/" in name for name in self.files)


def about(name: str) -> bool:
    """Tell a file that speaks of the data and holds none of it.

    >>> about("survey/README.txt"), about("LICENSE"), about("index.csv"), about("indexes/1.txt")
    (True, True, False, False)
    """
    path = PurePosixPath(name)
    return ABOUT.match(path.name) is not None and path.suffix.lower() in SPOKEN


def names(path: Path) -> list[str]:
    """List the files at a path, relative and sorted, without hidden ones and what operating systems leave."""
    if path.is_file():
        return [path.name]
    found = []
    for one in path.rglob("*"):
        relative = one.relative_to(path)
        there = one.is_file() or (one.is_symlink() and not one.exists())
        hidden = "__MACOSX" in relative.parts or any(word.startswith(".") for word in relative.parts)
        if there and not hidden and one.name.lower() not in SYSTEM:
            found.append(relative.as_posix())
    return sorted(found)


def listing(all_names: Sequence[str], suffixes: frozenset[str]) -> Listing:
    """Tell classes and parts of the files with these suffixes; what lies beside them is named in notes.

    >>> found = listing(["train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "README.md"], frozenset({".png"}))
    >>> found.classes, found.parts
    (('cat', 'cat', 'dog'), ('test', 'train', 'train'))
    >>> listing(["cat.1.png", "cat.2.png", "dog.1.png", "dog.2.png"], frozenset({".png"})).classes
    ('cat', 'cat', 'dog', 'dog')
    >>> found = listing(["labelled/a/1.txt", "labelled/b/2.txt", "unlabelled/3.txt"], frozenset({".txt"}))
    >>> found.classes, found.waiting
    (('a', 'b', None), (False, False, True))
    """
    open_ = [name for name in all_names if unlabelled(name)]
    if open_ and len(open_) < len(all_names):
        return _with_waiting(open_, [name for name in all_names if not unlabelled(name)], suffixes)
    files = sorted(name for name in all_names if PurePosixPath(name).suffix.lower() in suffixes)
    others = [name for name in all_names if PurePosixPath(name).suffix.lower() not in suffixes]
    notes = [_beside(others)] if others else []
    told: list[str | None] = [None] * len(files)
    shared = _shared(files)
    cut = [name[len(shared) :] for name in files]
    parts = split_folders(cut)
    if parts:
        below = [name.partition("/")[2] for name in cut]
        told = [parts[name.partition("/")[0].lower()] for name in cut]
        message = f"the folders {_folders(cut)} are parts of a split, the folders in them are classes"
        hint = "`split: {by: given:part}` keeps that split"
        notes.append(Note(kind="files", message=f"{message}; {hint}", severity="info"))
    else:
        below = cut
    nested = [name for name in below if "/" in name]
    if nested:
        loose = [name for name, rest in zip(files, below, strict=True) if "/" not in rest]
        if loose:
            message = f"{_counted(loose)} in no class folder left out: {_quoted(loose)}"
            hint = "move them into the folder of their class"
            notes.append(Note(kind="files", message=message, rows=len(loose), hint=hint))
        files = [name for name, rest in zip(files, below, strict=True) if "/" in rest]
        told = [part for part, rest in zip(told, below, strict=True) if "/" in rest]
        classes: list[str | None] = [rest.partition("/")[0] for rest in nested]
    else:
        classes = list(by_name([PurePosixPath(name).name for name in below]))
    return Listing(
        files=tuple(files),
        classes=tuple(classes),
        parts=tuple(told),
        notes=tuple(notes),
        waiting=(False,) * len(files),
    )


def unlabelled(name: str) -> bool:
    """Tell whether a file lies in a folder of unlabelled ones.

    >>> unlabelled("data/Unlabeled/1.txt"), unlabelled("sport/unlabelled.txt")
    (True, False)
    """
    return bool(UNLABELLED & {part.lower().replace("-", "_") for part in PurePosixPath(name).parts[:-1]})


def _with_waiting(open_: Sequence[str], others: Sequence[str], suffixes: frozenset[str]) -> Listing:
    """Tell the classes of the others, and put the files without a class behind them."""
    found = listing(others, suffixes)
    added = sorted(name for name in open_ if PurePosixPath(name).suffix.lower() in suffixes)
    message = f"{_counted(added)} in {_folders(added)} have no class yet"
    hint = "`data: {label: auto}` labels them from the others"
    note = Note(kind="files", message=f"{message}; {hint}", severity="info")
    return Listing(
        files=(*found.files, *added),
        classes=(*found.classes, *([None] * len(added))),
        parts=(*found.parts, *([None] * len(added))),
        notes=(*found.notes, *([note] if added else [])),
        waiting=(*([False] * len(found.files)), *([True] * len(added))),
    )


def _shared(files: Sequence[str]) -> str:
    """Return the folders that all files share, as archives put around their content; a class folder stays."""
    first = [PurePosixPath(name).parts[:-1] for name in files]
    if not first:
        return ""
    common = 0
    while all(len(parts) > common + 1 for parts in first) and len({parts[common] for parts in first}) == 1:
        common += 1
    return "".join(f"{part}/" for part in first[0][:common])


def split_folders(files: Iterable[str]) -> Mapping[str, str]:
    """Return the part of each outer folder when all of them are called as parts of a split and hold folders.

    >>> split_folders(["train/a/1.png", "val/a/2.png"]), split_folders(["train/1.png", "bus/2.png"])
    ({'train': 'train', 'val': 'validation'}, {})
    """
    names_ = list(files)
    outer = {name.partition("/")[0].lower() for name in names_}
    deep = all(name.count("/") >= 2 for name in names_)
    if len(outer) < FEW or not deep or not outer <= PARTS.keys() or "train" not in {PARTS[name] for name in outer}:
        return {}
    return {name: PARTS[name] for name in sorted(outer)}


def by_name(files: Sequence[str]) -> tuple[str | None, ...]:
    """Return the class that each file's own name tells: the words before its number, or a number before another.

    Names tell classes only where there are several, each of several files: two hundred files `p000.png` are no class.

    >>> by_name(["cat_1.png", "cat_2.png", "polar-bear.3.jpg", "polar-bear.4.jpg"])
    ('cat', 'cat', 'polar-bear', 'polar-bear')
    >>> by_name(["7_0001.png", "7_0002.png", "3_0001.png", "3_0002.png"]), by_name(["p000.png", "p001.png"])
    (('7', '7', '3', '3'), (None, None))
    """
    for pattern in (WORDS, NUMBERED):
        found = [match["name"] if (match := pattern.match(name)) else None for name in files]
        counts = Counter(name for name in found if name is not None)
        several = len(counts) >= FEW and (len(files) < SMALL or len(files) >= FEW * len(counts))
        if several and 2 * sum(counts.values()) > len(files):
            return tuple(found)
    return (None,) * len(files)


def _beside(others: Sequence[str]) -> Note:
    about = [name for name in others if ABOUT.match(PurePosixPath(name).name)]
    message = f"{_counted(others)} of another kind left out: {_quoted(others)}"
    return Note(kind="files", message=message, severity="info" if len(about) == len(others) else "warning")


def locate(values: Iterable[str], files: Iterable[str]) -> dict[str, str | None]:
    """Find the file that each value of a table names: by its path, by its name, or without its ending.

    A value that fits several files fits none (None).

    >>> locate(["a.png", "img/b.png", "c"], ["images/a.png", "img/b.png", "x/c.jpg"])
    {'a.png': 'images/a.png', 'img/b.png': 'img/b.png', 'c': 'x/c.jpg'}
    """
    listed = list(files)
    exact = set(listed)
    tails: dict[str, list[str]] = {}
    for name in listed:
        path = PurePosixPath(name)
        for key in {path.name.lower(), path.stem.lower(), name.lower(), name[: len(name) - len(path.suffix)].lower()}:
            tails.setdefault(key, []).append(name)
    found: dict[str, str | None] = {}
    for value in values:
        clean = value.strip().replace("\\", "/").removeprefix("./")
        if clean in exact:
            found[value] = clean
            continue
        lower = clean.lower()
        fits = tails.get(lower) or [n for n in tails.get(PurePosixPath(lower).name, []) if n.lower().endswith(lower)]
        fits = fits or tails.get(PurePosixPath(lower).name, [])
        found[value] = fits[0] if len(fits) == 1 else None
    return found


def unnamed(named: Iterable[str | None], there: Sequence[str]) -> Note | None:
    """Say how many of the pictures beside a table no row of it names; None where each is named.

    >>> unnamed(["a.png", None], ["a.png", "b.png"]).message
    'no row names 1 picture, such as `b.png`'
    """
    left = sorted(set(there) - {one for one in named if one is not None})
    if not left:
        return None
    message = f"no row names {len(left)} picture{'s' if len(left) > 1 else ''}, such as `{left[0]}`"
    return Note(kind="files", message=message, hint="add rows, or texts of their names, to have them read")


def _folders(files: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(name.partition("/")[0] for name in files))


def _counted(files: Sequence[str]) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def _quoted(files: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(f"`{name}`" for name in files[:most])
    return shown + (f" and {len(files) - most} more" if len(files) > most else "")
