"""What a spec asks for, as the collectors see it, and how they say that it cannot be had."""

import errno
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol
from urllib.parse import urlsplit

Way = Literal["archive", "sql", "http", "bucket", "hub"]
BUCKETS = frozenset({"s3", "gs", "az"})
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
LONGEST = 255
"""Bytes of a file's name."""
DEEPEST = 1024
"""Characters of a file's path below the folder."""
DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""Errors of this machine's disk, which are none of the source."""
Say = Callable[[str], None]


class Trouble(Exception):
    """The data cannot be had: a code (`trainerspec explain TS43x`), a message and what to do."""

    def __init__(self, code: str, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`data.source` of a spec."""

    kind: str
    """`path`, `sql`, `uri` or `hub`."""
    value: str
    options: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path()
    """Relative paths count from here."""

    @property
    def way(self) -> Way:
        """Tell which collector fetches it."""
        if self.kind == "uri":
            return "bucket" if urlsplit(self.value).scheme.lower() in BUCKETS else "http"
        return "sql" if self.kind == "sql" else "hub" if self.kind == "hub" else "archive"

    @property
    def shown(self) -> str:
        """Name the source on one line: an address without its query, a query cut short."""
        text = " ".join(self.value.split())
        if self.kind == "uri":
            parts = urlsplit(text)
            text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return text if len(text) <= 100 else f"{text[:97]}..."


@dataclass(frozen=True, kw_only=True)
class Before:
    """What is known of an earlier snapshot of the same source."""

    pinned: Mapping[str, str] = field(default_factory=dict)
    """What names the same content again, as `revision`; a collector keeps to it."""
    validators: Mapping[str, str] = field(default_factory=dict)
    """What a server said of the content, as `etag`: unchanged content need not be sent again."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a collector put into its folder."""

    pinned: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False
    """The source says that it has nothing new; the folder is empty then."""
    rows: int | None = None
    content: Mapping[str, str] = field(default_factory=dict)
    """Of files that were written here from rows: a digest that depends on the rows alone."""


class Collector(Protocol):
    """Fetches one kind of source into an empty folder; parts of an interrupted transfer lie in `parts`."""

    def __call__(self, wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found: ...


def is_archive(name: str) -> bool:
    """Tell an archive by its name.

    >>> is_archive("pets.ZIP"), is_archive("a/pets.tar.gz"), is_archive("rows.csv.gz")
    (True, True, False)
    """
    return name.lower().endswith(ARCHIVES)


def fault(name: str) -> str:
    """Say why a name from outside is no place for a file; empty for one that is.

    >>> fault("cats/1.png"), fault("../x"), fault("/etc/passwd"), fault("a\\\\b"), fault("C:/x")
    ('', 'it leaves the folder', 'it leaves the folder', 'it is not portable', 'it is not portable')
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        return "it leaves the folder"
    if "\\" in name or re.match(r"[A-Za-z]:", name):
        return "it is not portable"
    if (
        not pure.parts
        or not name.isprintable()
        or len(name) > DEEPEST
        or any(len(part.encode()) > LONGEST for part in pure.parts)
    ):
        return "it is not a name of a file"
    return ""


def hidden(name: str) -> bool:
    """Tell what systems leave in folders and archives.

    >>> hidden("__MACOSX/._a.png"), hidden("pets/.DS_Store"), hidden("pets/a.png")
    (True, True, False)
    """
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def without_top(names: Sequence[str]) -> str:
    """Return the one folder that holds folders and all else, which no class is called after; empty when none does.

    >>> without_top(["pets/cats/1.png", "pets/dogs/1.png"]), without_top(["cats/1.png"]), without_top(["a/1", "b/1"])
    ('pets/', '', '')
    """
    tops = {name.partition("/")[0] for name in names}
    nested = any(name.count("/") > 1 for name in names)
    return f"{tops.pop()}/" if len(tops) == 1 and nested else ""
