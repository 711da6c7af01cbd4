"""Find the files that ship beside the code: grammar/, sops/ and templates/."""

from functools import cache
from pathlib import Path
from typing import Literal


@cache
def folder(name: Literal["grammar", "sops", "templates"]) -> Path:
    """Return the folder in the wheel (`trainerspec/_assets/`) or in the checkout.

    Raises FileNotFoundError when the installation is incomplete.
    """
    package = Path(__file__).parent
    for place in (package / "_assets" / name, package.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ is missing beside the trainerspec package; reinstall it")


def reading() -> Path:
    """Return the folder of the package that reads data, whose files every emitted project has too."""
    return Path(__file__).parent / "reading"


def checking() -> Path:
    """Return the folder of the package that checks data, whose files every emitted project has too."""
    return Path(__file__).parent / "checking"


def collecting() -> Path:
    """Return the folder of the package that fetches data, whose files a project has when it needs them."""
    return Path(__file__).parent / "collecting"


def constraints() -> Path:
    """Return the tested versions of all packages: constraints.txt, in the wheel or in the checkout.

    Raises FileNotFoundError when the installation is incomplete.
    """
    package = Path(__file__).parent
    for place in (package / "_assets" / "constraints.txt", package.parent / "constraints.txt"):
        if place.is_file():
            return place
    raise FileNotFoundError("constraints.txt is missing beside the trainerspec package; reinstall it")
