"""What a project was at a git revision: its spec, its lock, the user's code and the organisation's files."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from trainerspec.workspace.git import run
from trainerspec.workspace.organisation import NAME, PARTS, organisation

OWN = ("trainer.yaml", "trainer.lock", "custom")
FILES = ("100644", "100755")
"""Modes of what git holds as a file; links and submodules are left out."""


def restore(folder: Path, revision: str, place: Path) -> None:
    """Write into `place` what the project in `folder` was; nothing where there is no git or no such revision."""
    shared = organisation(folder).parent
    wanted = [(folder, OWN), (shared, tuple(f"{NAME}/{part}" for part in PARTS))]
    for root, paths in wanted:
        for path, blob in _listed(root, revision, paths):
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_git(root, "cat-file", "blob", blob))


def is_revision(folder: Path, name: str) -> bool:
    """Tell whether git knows a commit by this name."""
    return bool(_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))


def _listed(root: Path, revision: str, paths: tuple[str, ...]) -> Iterator[tuple[PurePosixPath, str]]:
    """List the files at these places below `root`, with their objects."""
    command = ["ls-tree", "-r", "-z", "--end-of-options", revision, *paths]
    for line in _git(root, *command).decode("utf-8", "surrogateescape").split("\0"):
        about, _, name = line.partition("\t")
        path = PurePosixPath(name)
        if name and about.split()[0] in FILES and ".." not in path.parts:
            yield path, about.split()[2]


def _git(folder: Path, *words: str) -> bytes:
    """Return what git printed, nothing where it fails or is not there."""
    try:
        return run(folder, *words).stdout
    except FileNotFoundError:
        return b""
