"""One writer: whatever changes a project holds its lock meanwhile, and others are told who does."""

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.workspace.inside import own
from trainerspec.workspace.journal import WAITING, prune

LOCK = WAITING / "lock"
GRACE = 5.0
"""Seconds in which a command that was killed may still be dying."""
_held: dict[Path, int] = {}
"""Folder to the descriptor that this process holds."""


@contextmanager
def writing(folder: Path, command: str = "") -> Iterator[int]:
    """Hold the project's lock; gives its descriptor, which child processes may inherit.

    The kernel lets the lock go with the last process that holds it, however that ends. Raises Stopped: TS805 when
    somebody else writes here, TS705 when the folder cannot be written.
    """
    folder = folder.resolve()
    if folder in _held:
        yield _held[folder]
        return
    place = own(folder, LOCK)
    try:
        descriptor = _taken(place, folder)
    except OSError as error:
        unwritable(folder, error)
    _held[folder] = descriptor
    try:
        _sign(descriptor, command)
        yield descriptor
    finally:
        del _held[folder]
        os.close(descriptor)
        _clear(folder, place)


def _clear(folder: Path, place: Path) -> None:
    """Remove the lock's file, unless a dying child still holds it or somebody else took it by now."""
    with suppress(OSError):
        descriptor = os.open(place, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), place.stat()):
                place.unlink()
        finally:
            os.close(descriptor)
        prune(folder, WAITING)


def unwritable(folder: Path, error: OSError) -> NoReturn:
    """Raise Stopped with TS705: the folder cannot be written, and why."""
    message = f"cannot write into `{folder}`: {(error.strerror or str(error)).lower()}"
    hint = "make the folder writable, or work on a copy" if error.errno != 28 else "make room on the disk"
    raise Stopped((Diagnostic(code="TS705", message=message, hint=f"{hint}; nothing was written", file=str(folder)),))


def _taken(place: Path, folder: Path) -> int:
    """Take the lock, waiting a moment for one that is being let go. Raises Stopped with TS805, and OSError."""
    deadline = time.monotonic() + GRACE
    while True:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            continue  # the last holder pruned the folder between the two
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if place.exists() and os.path.samestat(os.fstat(descriptor), place.stat()):
                return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                told = _busy(folder, os.pread(descriptor, 4096, 0))
                os.close(descriptor)
                raise Stopped((told,)) from None
            time.sleep(0.1)
        os.close(descriptor)  # let go, or the file that was locked is no longer the one that others see


def _sign(descriptor: int, command: str) -> None:
    about = {
        "process": os.getpid(),
        "command": command or " ".join(["trainerspec", *sys.argv[1:]])[:200],
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "host": socket.gethostname(),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(about).encode(), 0)


def _busy(folder: Path, content: bytes) -> Diagnostic:
    try:
        about = json.loads(content)
        who = f"`{about['command']}` (process {about['process']} on {about['host']}, since {about['since']})"
    except (ValueError, KeyError, TypeError, RecursionError):
        who = "another command"
    message = f"{who} is writing in `{folder.name}`"
    return Diagnostic(code="TS805", message=message, hint="wait for it, or stop it")
