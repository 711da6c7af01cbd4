"""What .pre-commit-hooks.yaml runs: a command for each project that a commit touches."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from trainerspec.cli.main import main

COMMANDS = {"check": ("check",), "frozen": ("build", "--frozen", "--check")}


def projects(files: Iterable[str], holds: str) -> list[Path]:
    """Return the folders that hold a file of this name, the nearest above each changed file, each once.

    >>> projects(["no/such/folder/trainer.yaml"], "trainer.lock")
    []
    """
    nearest = (next((above for above in Path(file).parents if (above / holds).is_file()), None) for file in files)
    return sorted({folder for folder in nearest if folder is not None})


def hook(words: Sequence[str]) -> int:
    """Run `check`, or `frozen`, for the projects of the changed files that follow, and return the highest status."""
    name, *files = words
    worst = 0
    for folder in projects(files, "trainer.lock" if name == "frozen" else "trainer.yaml"):
        try:
            main([*COMMANDS[name], folder.as_posix()])
        except SystemExit as ended:
            worst = max(worst, int(ended.code or 0))
    return worst


if __name__ == "__main__":
    sys.exit(hook(sys.argv[1:]))
