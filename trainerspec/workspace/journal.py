"""The journal of a write that is under way: in the user's state folder, where no checkout can bring one.

The new files wait in the project, on the same file system, so that each takes its place in one step. The journal and
the waiting room share a nonce: a journal finishes only the write that this user's own process began in that folder.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import Any

from trainerspec.ir.record import record
from trainerspec.workspace.inside import fault, link, save, within

WAITING = Path(".trainerspec") / "write"
"""Where new files wait, each write in a folder of its own."""


@record(frozen=True, kw_only=True)
class Write:
    """A write that was begun."""

    journal: Path
    room: Path
    """Where its files wait, by number."""


@record(frozen=True, kw_only=True)
class Steps:
    """What is left to do."""

    replace: tuple[tuple[str, str, str], ...]
    """Name in the waiting room, path in the project, sha256."""
    remove: tuple[str, ...]


def begin(folder: Path) -> Write:
    """Make a waiting room and a journal that says so. Raises OSError."""
    nonce = token_hex(16)
    made = Write(journal=_new(folder), room=folder / WAITING / nonce)
    if link(folder, WAITING) is not None:
        raise OSError(f"`{WAITING}` is a symbolic link")
    try:
        _put(made.journal, {"folder": str(folder.resolve()), "nonce": nonce})
        made.room.mkdir(parents=True)
        save(made.room / "nonce", nonce.encode())
    except OSError:
        end(folder, made)
        raise
    return made


def fill(write: Write, contents: Sequence[tuple[str, bytes]], remove: Sequence[str]) -> None:
    """Put the files into the waiting room and complete the journal: from then on the write is finished, not undone."""
    replace = []
    for number, (path, content) in enumerate(contents):
        save(write.room / str(number), content)
        replace.append((str(number), path, sha256(content).hexdigest()))
    about = json.loads(write.journal.read_text(encoding="utf-8"))
    _put(write.journal, {**about, "replace": replace, "remove": list(remove)})


def recover(folder: Path) -> bool:
    """Finish a write that was cut off after its journal was complete; drop one that was not. True when there was one.

    Raises OSError.
    """
    found = _found(folder)
    if found is None:
        return False
    write, steps = found
    if steps is not None:
        _finish(folder, write.room, steps)
    end(folder, write)
    return True


def end(folder: Path, write: Write) -> None:
    """Remove the waiting room, then the journal."""
    if link(folder, write.room.relative_to(folder)) is None:
        shutil.rmtree(write.room, ignore_errors=True)
        prune(folder, WAITING)
    write.journal.unlink(missing_ok=True)


def prune(folder: Path, relative: Path) -> None:
    """Remove folders that removing files has emptied."""
    while relative.parts:
        place = folder / relative
        if place.is_dir() and not place.is_symlink():
            try:
                place.rmdir()
            except OSError:
                return  # something is in it
        relative = relative.parent


def _finish(folder: Path, room: Path, steps: Steps) -> None:
    for name, path, digest in steps.replace:
        waiting, target = room / name, folder / path
        if waiting.is_symlink() or not waiting.is_file():
            continue  # it took its place before the cut
        if fault(path) or link(folder, path) or sha256(waiting.read_bytes()).hexdigest() != digest:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(waiting, target)
    for path in steps.remove:
        if not fault(path) and link(folder, path) is None:
            (folder / path).unlink(missing_ok=True)
            prune(folder, Path(path).parent)


def _found(folder: Path) -> tuple[Write, Steps | None] | None:
    """Read the journal of this folder whose nonce its waiting room has."""
    for place in _places(folder):
        journal = place / _name(folder)
        if not _private(journal):
            continue
        try:
            about: Mapping[str, Any] = json.loads(journal.read_text(encoding="utf-8"))
            nonce = str(about["nonce"])
            if about["folder"] != str(folder.resolve()) or len(nonce) != 32 or not nonce.isalnum():
                continue
            steps = None
            if "replace" in about:
                replace = tuple((str(name), str(path), str(digest)) for name, path, digest in about["replace"])
                steps = Steps(replace=replace, remove=tuple(map(str, about["remove"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        room = folder / WAITING / nonce
        same = link(folder, WAITING / nonce / "nonce") is None and (room / "nonce").is_file()
        if same and (room / "nonce").read_bytes() == nonce.encode():
            return Write(journal=journal, room=room), steps
        end(folder, Write(journal=journal, room=room))  # cut off while its room was made, or cleared
    return None


def _places(folder: Path) -> Iterator[Path]:
    """Return where journals may lie, the best first; never inside the project."""
    state = os.environ.get("XDG_STATE_HOME", "")
    home = os.environ.get("HOME", "")
    for base in (state, f"{home}/.local/state" if home else ""):
        place = Path(base) / "trainerspec" / "writes"
        if base.startswith("/") and not within(place, folder):
            yield place
    place = Path(gettempdir()) / f"trainerspec-{os.getuid()}" / "writes"
    if not within(place, folder):
        yield place


def _new(folder: Path) -> Path:
    """Return where the journal of a new write goes. Raises OSError when there is no place for one."""
    for place in _places(folder):
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.mkdir(exist_ok=True, mode=0o700)
        except OSError:
            continue
        if _private(place) and os.access(place, os.W_OK):
            return place / _name(folder)
    raise OSError("there is no folder for the journal outside the project: set XDG_STATE_HOME")


def _name(folder: Path) -> str:
    return f"{sha256(str(folder.resolve()).encode()).hexdigest()}.json"


def _private(place: Path) -> bool:
    """Tell whether a journal, or its folder, is this user's own, and nobody else can write it."""
    try:
        about = place.lstat()
    except OSError:
        return False
    return about.st_uid == os.getuid() and not stat.S_ISLNK(about.st_mode) and not about.st_mode & 0o022


def _put(journal: Path, about: Mapping[str, object]) -> None:
    """Write the journal whole or not at all, for this user only."""
    part = journal.with_suffix(".part")
    part.unlink(missing_ok=True)
    save(part, json.dumps(about).encode())
    part.chmod(0o600)
    os.replace(part, journal)
