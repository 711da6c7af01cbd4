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
