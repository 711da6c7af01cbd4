"""What a package says that it holds, beside what lies there."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.workspace.inside import fault, link, read, whole

LISTING = "package.json"
"""The file that lists the others, each with its sha256."""
SIGNATURE = "model.sig"
"""The signature in a release's folder, which package.json cannot list; and beside the overlay that pins the release."""
MOST = 20
"""Faults that are told one by one."""


def listed(folder: Path) -> Mapping[str, str]:
    """Return the sha256 of each file by path, as package.json has them. Raises Stopped TS871 when it has none."""
    try:
        files = json.loads(whole(folder / LISTING))["files"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        files = None
    if not isinstance(files, Mapping) or not all(isinstance(digest, str) for digest in files.values()):
        raise Stopped((changed(folder, f"`{LISTING}` does not list the files with their sha256"),))
    return files


def faults(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Say of each listed file that it is missing, was changed, or leads out of the package."""
    wrong = []
    for path, digest in sorted(files.items()):
        place = folder / path
        if fault(path, custom=True) or link(folder, path) is not None:
            wrong.append(f"`{path}` leaves the package")
        elif not place.is_file():
            wrong.append(f"`{path}` is missing")
        elif sha256(place) != digest:
            wrong.append(f"`{path}` was changed")
    return wrong


def added(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Say of each file, and each link, that it lies in the package and package.json does not list it.

    A signature may lie there.
    """
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    beside = {folder / LISTING} | ({folder / SIGNATURE} if not (folder / SIGNATURE).is_symlink() else set())
    names = (path.relative_to(folder).as_posix() for path in found if path not in beside)
    return [f"`{name}` was added" for name in names if name not in files]


def changed(place: Path | str, message: str, hint: str = "package again: `dvc repro --force package`") -> Diagnostic:
    """Say that a package, in a folder or at an address, is not as the package stage made it."""
    return Diagnostic(
        code="TS871", message=f"the package is not as the package stage made it: {message}", hint=hint, file=str(place)
    )


def sha256(path: Path) -> str:
    """Return a file's sha256, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def document(folder: Path, path: str) -> str:
    """Return a text of a package. Raises Stopped TS871 when it is not there."""
    content = read(folder, path)
    if content is None:
        raise Stopped((changed(folder, f"`{path}` is missing"),))
    return content.decode(errors="replace")
