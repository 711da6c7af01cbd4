"""Find what an emitted project needs, by the metadata of the installed packages."""

from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

from trainerspec import assets
from trainerspec.backends.project import normal, requirements

FILE = Path(__file__).resolve().parents[2] / "templates" / "_shared" / "packages.txt"


def closure() -> list[str]:
    """List the direct requirements and all that they need as far as constraints.txt pins it, by normal name."""
    seen: set[tuple[str, str]] = set()
    queue = [Requirement(line) for line in requirements()]
    while queue:
        wanted = queue.pop()
        for extra in ("", *wanted.extras):
            key = (normal(wanted.name), extra)
            if key in seen:
                continue
            seen.add(key)
            try:
                lines = requires(wanted.name) or []
            except PackageNotFoundError:
                continue
            needs = [Requirement(line) for line in lines]
            queue.extend(one for one in needs if one.marker is None or one.marker.evaluate({"extra": extra}))
    pinned = {normal(line.partition("==")[0]) for line in assets.constraints().read_text(encoding="utf-8").splitlines()}
    return sorted({name for name, _ in seen} & pinned)


def text() -> str:
    """Write the list as a file."""
    heading = "# What requirements.txt names and all that these need; written by `make golden`.\n"
    return heading + "".join(f"{name}\n" for name in closure())
