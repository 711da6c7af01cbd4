"""Where an organisation's own templates, SOPs and policies are."""

from pathlib import Path

NAME = ".trainerspec"
PARTS = ("templates", "sops")


def organisation(folder: Path) -> Path:
    """Return the nearest `.trainerspec` with templates or SOPs: in the folder, or above it within its repository.

    Where there is none, the folder's own.
    """
    here = folder.resolve()
    for place in (here, *here.parents):
        if any((place / NAME / part).is_dir() for part in PARTS):
            return place / NAME
        if (place / ".git").exists():
            break
    return here / NAME
