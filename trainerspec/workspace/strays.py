"""Symbolic links that a repository brings along in its data: those that leave the repository are not followed."""

import os
from collections.abc import Iterator
from pathlib import Path

from trainerspec.workspace.git import run
from trainerspec.workspace.inside import link, within


def strays(path: Path) -> tuple[str, ...]:
    """Return the links at `path`, on the way to it and below it that git tracks and that leave its repository.

    Links that nobody committed are the user's own, as is data that lies outside of every repository.
    """
    place = Path(os.path.normpath(path.absolute()))
    root = next((one for one in (place, *place.parents) if (one / ".git").exists()), None)
    if root is None:
        return ()
    above = link(root, place.relative_to(root))
    found = [above] if above is not None else _links(place)
    out = sorted(one.relative_to(root).as_posix() for one in found if not within(one, root))
    return tuple(name for name in out if _tracked(root, name))


def _links(folder: Path) -> Iterator[Path]:
    """Find the links below a folder, without following any."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for one in entries:
            if one.is_symlink():
                yield Path(one.path)
            elif one.is_dir() and one.name != ".git":
                yield from _links(Path(one.path))


def _tracked(root: Path, name: str) -> bool:
    try:
        return bool(run(root, "--literal-pathspecs", "ls-files", "--", name).stdout)
    except FileNotFoundError:
        return True
