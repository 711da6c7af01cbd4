"""The code that a project has: the chosen files and the user's own, and what of it a stage runs, copies and reads."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from trainerspec import assets
from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import FileChoice
from trainerspec.passes.import_graph import closure, values_read
from trainerspec.passes.module import Module, read_module

SHARED = "_shared"
OURS = "_"
"""How the origins begin of the files that the compiler runs itself."""
COMPILERS: Mapping[str, Callable[[], Path]] = {
    "checking": assets.checking,
    "collecting": assets.collecting,
    "reading": assets.reading,
}
"""Rooms of a project that are packages of the compiler: `pipeline/reading` is `trainerspec/reading`."""
OWN = "custom/"


class Code:
    """Modules by their path in the project; each is read once."""

    def __init__(self, choices: Mapping[str, FileChoice], task: Task, custom: Mapping[str, bytes]) -> None:
        """Take what was chosen for each path, and the user's files by their path below custom/."""
        self._choices, self._task, self._custom = choices, task, custom
        self._paths = {*choices, *(f"{OWN}{path}" for path in custom)}
        self._modules: dict[str, Module] = {}

    def bytes_of(self, path: str) -> bytes:
        """Read a file."""
        if path in self._choices:
            return chosen_bytes(self._choices[path], self._task, self._custom)
        return self._custom[path.removeprefix(OWN)]

    def module(self, path: str) -> Module:
        """Read a module."""
        if path not in self._modules:
            self._modules[path] = read_module(self.bytes_of(path), path)
        return self._modules[path]

    def files(self, roots: Iterable[str]) -> tuple[str, ...]:
        """List the files that these modules need, sorted."""
        return tuple(sorted(closure(roots, self._paths, self.module)))

    def packages(self, files: Iterable[str]) -> frozenset[str]:
        """Name the packages of others that these files import."""
        return frozenset(name for path in files if path in self._paths for name in self.module(path).packages)

    def values(self, roots: Iterable[str], files: Iterable[str], document: JsonObject) -> tuple[str, ...]:
        """List the values of params.yaml that the roots read, each once and none below another; sorted."""
        found = sorted(path for path in values_read(tuple(roots), set(files), self.module) if has(document, path))
        return tuple(path for path in found if not covered(path, (one for one in found if one != path)))


def chosen_bytes(choice: FileChoice, task: Task, custom: Mapping[str, bytes]) -> bytes:
    """Read the file that was chosen: the user's, the shared templates' or the task's."""
    if choice.origin.startswith(OWN):
        return custom[choice.origin.removeprefix(OWN)]
    folder, _, path = choice.origin.partition("/")
    roots = {SHARED: assets.folder("templates") / SHARED}
    roots |= {f"{OURS}{room}": place() for room, place in COMPILERS.items()}
    place = roots[folder] / path if folder in roots else task.file(choice.origin)
    return place.read_bytes()


def covered(path: str, by: Iterable[str]) -> bool:
    """Tell whether a dotted name is one of these or below one.

    >>> covered("data.split.seed", ["data.split"]), covered("data.splits", ["data.split"])
    (True, False)
    """
    return any(path == one or path.startswith(f"{one}.") for one in by)


def has(document: JsonObject, path: str) -> bool:
    """Tell whether there is a value at a dotted name."""
    node: Json = document
    for part in path.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return False
        node = node[part]
    return True
