"""Paths that a file of the repository tells: taken only inside the project, and never through a symbolic link."""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from trainerspec.diagnostics.model import Diagnostic, Stopped

LINK = "TS709"
LONGEST = 1024
"""Characters of a path."""
LONGEST_BYTES, LONGEST_PART = 3072, 255
"""Bytes of a path and of a name on its way, which file systems take."""
LARGEST = 2**27
"""Bytes of a file that is read as a whole: the largest that a project writes for people and tools has a few MiB."""
RESERVED = frozenset({"custom", ".git", ".dvc"})
"""Folders of the user, of git and of DVC: no build writes there."""


def fault(path: object, *, custom: bool = False) -> str:
    """Say why a path may not be written by a build; empty for one that may. In a package, `custom/` may be there.

    >>> fault("pipeline/train.py"), fault("../x"), fault("a//b"), fault(".git/hooks/pre-commit")
    ('', 'it leaves the folder', 'it is not normalised', 'no build writes into `.git/`')
    """
    if not isinstance(path, str) or not path or len(path) > LONGEST or not path.isprintable():
        return "it is not a path"
    if len(path.encode()) > LONGEST_BYTES or any(len(part.encode()) > LONGEST_PART for part in path.split("/")):
        return "it is longer than a file system takes"
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or path.startswith("~"):
        return "it leaves the folder"
    if not pure.parts or pure.as_posix() != path:
        return "it is not normalised"
    if (first := pure.parts[0].lower()) in RESERVED - ({"custom"} if custom else set()) or ".git" in map(
        str.lower, pure.parts
    ):
        return f"no build writes into `{first if first in RESERVED else '.git'}/`"
    return "no build writes `trainer.yaml`" if path.lower() == "trainer.yaml" else ""


def link(folder: Path, path: str | Path) -> Path | None:
    """Return the first component below `folder` on the way to `path` that is a symbolic link; None when none is."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        if place.is_symlink():
            return place
    return None


def linked(folder: Path, paths: Iterable[str]) -> tuple[Diagnostic, ...]:
    """Tell each symbolic link on the way to one of these paths below `folder`, once."""
    found = {place: None for path in paths if (place := link(folder, path)) is not None}
    return tuple(refusal(place, place.relative_to(folder).as_posix()) for place in found)


def refusal(place: Path, name: str) -> Diagnostic:
    """Say that a symbolic link is not followed."""
    hint = "put the file itself there: what a link leads to is not part of the project"
    return Diagnostic(code=LINK, message=f"`{name}` is a symbolic link, which is not followed", hint=hint, file=name)


def own(folder: Path, path: str | Path) -> Path:
    """Return the place of a path below `folder`. Raises Stopped with TS709 when a link is on the way."""
    found = link(folder, path)
    if found is not None:
        raise Stopped((refusal(found, found.relative_to(folder).as_posix()),))
    return folder / path


def contained(place: Path, root: Path) -> Path:
    """Return a place whose links, if any, stay below `root`. Raises Stopped with TS709 when they leave it."""
    if not within(place, root):
        raise Stopped((refusal(place, place.as_posix()),))
    return place


def within(place: Path, root: Path) -> bool:
    """Tell whether a place lies below `root` when its links are followed; those in a circle lead nowhere else."""
    return Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root))


def read(folder: Path, path: str) -> bytes | None:
    """Return the content of a regular file below `folder`; None when there is none or a link is on the way.

    Raises OSError, also for a file that is larger than what is read as a whole.
    """
    place = folder / path
    return whole(place) if link(folder, path) is None and place.is_file() else None


def whole(place: Path) -> bytes:
    """Return the content of a file. Raises OSError, also when it is a device or a pipe, or larger than LARGEST."""
    about = place.stat()
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(place))
    if about.st_size > LARGEST:
        raise OSError(errno.EFBIG, f"it has {about.st_size} bytes; the limit is {LARGEST}", str(place))
    return place.read_bytes()


def append(folder: Path, path: Path, text: str) -> None:
    """Append to a file below `folder`. Raises OSError, and Stopped with TS709."""
    place = own(folder, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(text)


def save(path: Path, content: bytes) -> None:
    """Write a new file to the disk itself, not only to its cache. Raises OSError, also when it is there, or a link."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_file(folder: Path, path: str | Path, content: bytes) -> None:
    """Write one file below `folder` so that readers see the old content or the new, also after a kill.

    Raises OSError, and Stopped with TS709.
    """
    from tempfile import NamedTemporaryFile  # slow to import, and commands that only read do without

    place = own(folder, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = place.stat().st_mode & 0o777 if place.is_file() else 0o666 & ~_mask()
    part = ""
    try:
        with NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", suffix=".part", delete=False) as file:
            part = file.name
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(mode)
        os.replace(part, place)
    except BaseException:
        if part:
            Path(part).unlink(missing_ok=True)
        raise


def _mask() -> int:
    """Return the umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
