"""Find what an emitted project needs, by the metadata of the installed packages."""

import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

from trainerspec.backends.pins import SOURCES, normal, pins, requirements
from trainerspec.catalog.load import tasks

FILE = Path(__file__).resolve().parents[2] / "templates" / "_shared" / "packages.json"


def needs(name: str, extras: Iterable[str]) -> list[Requirement]:
    """Return what an installed package needs here, with these extras."""
    try:
        wanted = [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return []
    chosen = ["", *extras]
    return [one for one in wanted if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in chosen)]


def found() -> dict[str, dict[str, list[str]]]:
    """Return what requirements.txt, the variants and the sources name, and all that these need as far as constraints.txt pins it."""
    extra = {name for task in tasks().values() for variant in task.variants for name in variant.packages}
    extra |= {name for names in SOURCES.values() for name in names}
    pinned = {normal(name) for name in pins()}
    imported: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            imported.setdefault(normal(name), set()).add(module)
    queue = [Requirement(line) for line in (*requirements(), *extra)]
    asked: dict[str, set[str]] = {}
    listed: dict[str, dict[str, list[str]]] = {}
    while queue:
        wanted = queue.pop()
        name = normal(wanted.name)
        if name not in pinned or (name in listed and wanted.extras <= asked[name]):
            continue
        asked[name] = asked.get(name, set()) | wanted.extras
        below = needs(wanted.name, sorted(asked[name]))
        queue.extend(below)
        modules = sorted(one for one in imported.get(name, ()) if one.isidentifier())
        listed[name] = {"imports": modules, "needs": sorted({normal(one.name) for one in below} & pinned)}
    return dict(sorted(listed.items()))


def text() -> str:
    """Write packages.json: a line a package."""
    lines = [f"  {json.dumps(name)}: {json.dumps(package)}" for name, package in found().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"
