"""Versions of the packages of an emitted project: what is asked for, what is pinned, and what a stage depends on.

templates/_shared/packages.json has, for each package, the names by which it is imported and the packages that it needs;
`make golden` writes it from the metadata of what is installed.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypedDict, cast

from trainerspec import assets

SOURCES: Mapping[str, tuple[str, ...]] = {
    "postgres": ("adbc-driver-postgresql", "pyarrow"),
    "mysql": ("connectorx", "pyarrow"),
    "bucket": ("pyarrow",),
    "hub": ("huggingface-hub", "pyarrow"),
}
"""What fetching data needs beside requirements.txt, by the driver of a database or the way of another source."""


class Package(TypedDict):
    """One package of packages.json."""

    imports: list[str]
    needs: list[str]


def requirements() -> list[str]:
    """List what an emitted project imports: templates/_shared/requirements.txt."""
    return lines((assets.folder("templates") / "_shared" / "requirements.txt").read_text(encoding="utf-8"))


@cache
def packages() -> Mapping[str, Package]:
    """Read packages.json."""
    path = assets.folder("templates") / "_shared" / "packages.json"
    return cast(Mapping[str, Package], json.loads(path.read_text(encoding="utf-8")))


def constraints(extra: Iterable[str] = ()) -> bytes:
    """Pin what every project and `extra` need, as the repository's constraints.txt does."""
    needed = closure([*(re.split(r"[\[<>=!~; ]", line)[0] for line in requirements()), *extra])
    chosen = [f"{name}=={version}" for name, version in pins().items() if normal(name) in needed]
    return "\n".join(
        ["# Made by `trainerspec build`: the versions that this project was tested with.", *chosen, ""]
    ).encode()


def image(*, tensorrt: bool) -> bytes:
    """Return all that a package's image installs, each with its version and digest, as pip reads it."""
    parts = ("serving", "engine") if tensorrt else ("serving",)
    found = sorted(line for part in parts for line in lines(listed(f"{part}.txt").read_text(encoding="utf-8")))
    head = "# Made by `trainerspec build`: what the image installs, and nothing else (pip install --require-hashes)."
    return "\n".join([head, *found, ""]).encode()


def listed(name: str) -> Path:
    """Return the file of a list of what an image installs: `.in` names what is imported, `.txt` all with digests."""
    return assets.folder("templates") / "_shared" / "image" / name


def used(imports: Iterable[str]) -> dict[str, str]:
    """Return the packages that these imports mean, each with its version and a digest of the pins of all that it needs.

    What is not pinned is left out.
    """
    named, versions = set(imports), {normal(name): version for name, version in pins().items()}
    found: dict[str, str] = {}
    for name, package in packages().items():
        if named & set(package["imports"]) and name in versions:
            whole = sorted(f"{one}=={versions[one]}" for one in closure([name]) if one in versions)
            found[name] = f"{versions[name]} {sha256(' '.join(whole).encode()).hexdigest()[:12]}"
    return dict(sorted(found.items()))


@cache
def pins() -> Mapping[str, str]:
    """Return the version of each package that constraints.txt pins, by the name that stands there."""
    listed = lines(assets.constraints().read_text(encoding="utf-8"))
    return {name.strip(): version.strip() for name, _, version in (line.partition("==") for line in listed)}


def closure(names: Iterable[str]) -> frozenset[str]:
    """Return these packages and all that they need, by normal name."""
    waiting, found = [normal(name) for name in names], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(packages()[name]["needs"] if name in packages() else ())
    return frozenset(found)


def normal(name: str) -> str:
    """Return a distribution's name as package indexes compare it (PEP 503).

    >>> normal("Flask_Cors")
    'flask-cors'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(text: str) -> list[str]:
    """Split into lines, without comments and empty lines."""
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in stripped if line]
