"""Unpack zip and tar: nothing outside the folder, no links, and no more than the limits."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..reading.content import FREE, MOST, RATIO, is_table
from ..reading.folders import about
from .snapshot import sha256
from .wanted import Before, Found, Say, Trouble, Wanted, fault, hidden, is_archive, without_top

MOST_FILES = 1_000_000
STEP = 2**20
EVERY = 5_000
"""Files between two lines of progress."""
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
"""What the standard library raises for an archive; NotImplementedError is zipfile's, of an unknown compression."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file in an archive."""

    name: str
    size: int
    """As the archive says, which need not be true."""
    link: bool
    file: IO[bytes] | None = None
    """Open for reading; only of a tar, which is read from its beginning to its end."""


def collect(wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found:
    """Unpack the archive of a `path` source."""
    path = wanted.root / wanted.value
    if not path.is_file():
        raise Trouble("TS433", f"`{wanted.value}` is not there", hint="put it there, or correct `data.source`")
    unpack(path, into, say)
    return Found(validators={"sha256": sha256(path)})


def unpack(path: Path, into: Path, say: Say) -> None:
    """Unpack an archive into an empty folder, without hidden files and without the one folder around all others.

    Links and devices are left out, and told. Raises Trouble TS434: a name that leaves the folder, two files of one
    name, more than `MOST_FILES`, more bytes than a packed file may unpack to, a damaged or encrypted archive.
    """
    try:
        kept, left_out = _extract(path, into, say)
    except (*_DAMAGED, RuntimeError, ValueError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # of the disk; the unpackers give theirs no number
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise Trouble("TS434", f"`{path.name}` cannot be unpacked: {reason}", hint="get it again") from error
    if left_out:
        say(f"{left_out} links or devices in `{path.name}` are left out")
    if not kept:
        raise Trouble("TS434", f"`{path.name}` holds no files", hint="name the archive that holds the data")
    _lift(into, without_top(kept))


def lone_table(path: Path) -> bool:
    """Tell a zip that holds one table, and at most files that speak of it, which the reader reads as it is."""
    if not path.name.lower().endswith(".zip"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir() and not hidden(one.filename)]
    except (OSError, *_DAMAGED):
        return False
    names = [name for name in names if not about(name)]
    return len(names) == 1 and is_table(names[0]) and not is_archive(names[0])


def _extract(path: Path, into: Path, say: Say) -> tuple[list[str], int]:
    most = min(MOST, max(FREE, RATIO * path.stat().st_size))
    kept: list[str] = []
    left_out, total = 0, 0
    zipped = path.name.lower().endswith(".zip")
    for number, member in enumerate(_zip(path, into) if zipped else _tar(path, most), 1):
        if number > MOST_FILES:
            raise _refused(path, f"it holds more than {MOST_FILES:,} files")
        if why := fault(member.name):
            raise _refused(path, f"it names `{member.name[:200]}`: {why}")
        if hidden(member.name):
            continue
        if member.link or member.file is None:
            left_out += 1
            continue
        total += _write(member.file, into / member.name, most - total, path, member.name)
        kept.append(member.name)
        if len(kept) % EVERY == 0:
            say(f"{len(kept):,} files unpacked")
    return kept, left_out


def _zip(path: Path, into: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            kind = one.external_attr >> 28
            if one.is_dir():
                continue
            if kind not in (0, 8):
                yield Member(name=one.filename, size=0, link=True)
                continue
            with archive.open(one) as file:
                yield Member(name=one.filename, size=one.file_size, link=False, file=file)


def _tar(path: Path, most: int) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for one in archive:
            if one.isdir():
                continue
            file = archive.extractfile(one) if one.isfile() else None
            yield Member(name=one.name.removeprefix("./"), size=one.size, link=not one.isfile(), file=file)
        rest = most
        while rest > 0 and archive.fileobj and (chunk := archive.fileobj.read(STEP)):
            rest -= len(chunk)  # to the end, where the checksum is


def _write(file: IO[bytes], place: Path, room: int, path: Path, name: str) -> int:
    """Copy a file to a new place; returns its bytes."""
    written = 0
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as out:
            while chunk := file.read(STEP):
                written += len(chunk)
                if written > room:
                    raise _refused(path, f"it unpacks to more than {min(MOST, room + 2**20) // 2**20:,} MiB")
                out.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _refused(path, f"it holds `{name[:200]}` twice") from error
    return written


def _refused(path: Path, why: str) -> Trouble:
    return Trouble("TS434", f"`{path.name}` is not unpacked: {why}", hint="unpack it by hand if you trust it")


def _lift(into: Path, top: str) -> None:
    """Move what is in the folder `top` up, and remove that folder."""
    if not top:
        return
    inner = into.with_name(f"{into.name}.top")
    (into / top).rename(inner)
    shutil.rmtree(into)
    inner.rename(into)
