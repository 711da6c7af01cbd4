"""Where an organisation's own templates, SOPs and policies are."""

import os
from pathlib import Path

from trainerspec.diagnostics.model import Stopped
from trainerspec.workspace.inside import refusal, within

NAME = ".trainerspec"
PARTS = ("templates", "sops")


def organisation(folder: Path) -> Path:
    """Return the nearest `.trainerspec` with templates or SOPs: in the folder, or above it within its repository.

    Where there is none, the folder's own. Without a repository only the folder and its parent are looked at. What lies
    above the folder counts only where it belongs to the folder's owner, to the user or to root: anybody may make a
    folder in a place such as /tmp. Raises Stopped with TS709 when a symbolic link there leads out of the folder that
    holds it.
    """
    here = folder.resolve()
    above = [here, *here.parents]
    root = next((index for index, place in enumerate(above) if (place / ".git").exists()), 1)
    for place in above[: root + 1]:
        if any((place / NAME / part).is_dir() for part in PARTS) and _owned(place, here):
            _check(place)
            return place / NAME
    return here / NAME


def _owned(place: Path, here: Path) -> bool:
    """Tell whether the folder of an organisation belongs to somebody whom the user trusts anyway."""
    if place == here or not hasattr(os, "geteuid"):
        return True
    return (place / NAME).stat().st_uid in {here.stat().st_uid, os.geteuid(), 0}


def _check(place: Path) -> None:
    """Raise Stopped with TS709 for each link that leads out."""
    parts = [place / NAME, *(place / NAME / part for part in PARTS)]
    out = [one for one in parts if _leaves(one, place)]
    if not out:
        out = [one for part in parts[1:] if part.is_dir() for one in part.rglob("*") if _leaves(one, place)]
    if out:
        raise Stopped(tuple(refusal(one, one.relative_to(place).as_posix()) for one in out))


def _leaves(path: Path, place: Path) -> bool:
    return path.is_symlink() and not within(path, place)
