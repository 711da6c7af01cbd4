"""Discover the tasks: every folder of templates/ that has a task.yaml, and the model cards beside it."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from trainerspec import assets
from trainerspec.catalog import declared, files, operations
from trainerspec.catalog.model import Card, Hook, IoContract, Slot, Task, Variant
from trainerspec.ir.declared import WeightSource
from trainerspec.ir.json import Json
from trainerspec.ir.spec import SlotPath
from trainerspec.prepared import prepared

BROKEN = "TS550"
EXTENDS = re.compile(rb"^extends: *([a-z0-9-]+)", re.MULTILINE)
"""Where a task.yaml names the task that it extends: what it follows from is known before it is parsed."""


class Tasks(Mapping[str, Task]):
    """All tasks by name; each is read when it is first asked for, so that a command pays for its own task only."""

    def __init__(self, folders: Mapping[str, Path], shared: Path) -> None:
        """Take the folder of each task, and the folder with what all share."""
        self._folders = dict(folders)
        self._shared = shared
        self._loaded: dict[str, Task] = {}

    def __getitem__(self, name: str) -> Task:
        """Load a task. Raises KeyError, and Stopped when one of its files is broken."""
        if name not in self._loaded:
            folder = self._folders[name]
            found = prepared(f"task-{name}", self.parts(name), lambda: self.read(name))
            self._loaded[name] = replace(found, folder=folder)
        return self._loaded[name]

    def read(self, name: str) -> Task:
        """Read a task as it is prepared: its folder without the place where this installation has it."""
        return replace(task(self._folders[name], self._shared), folder=Path(name))

    def parts(self, name: str) -> tuple[bytes, ...]:
        """Return everything that a task follows from: names and contents of files."""
        return tuple(_read_by(self._folders[name], self._shared))

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such a task, without reading it."""
        return name in self._folders

    def __iter__(self) -> Iterator[str]:
        """Return the names in order."""
        return iter(self._folders)

    def __len__(self) -> int:
        """Count the tasks."""
        return len(self._folders)

    def over(self, extra: Path) -> "Tasks":
        """Add the tasks of another folder; they replace those of the same name."""
        return Tasks({**self._folders, **_folders(extra)}, self._shared)


def tasks(extra: Path | None = None) -> Tasks:
    """Find every task that ships, and those of the folder `extra` (`.trainerspec/templates`), which win by name."""
    shipped = _shipped()
    return shipped.over(extra) if extra is not None and extra.is_dir() else shipped


@cache
def _shipped() -> Tasks:
    templates = assets.folder("templates")
    return Tasks(_folders(templates), templates / "_shared")


def _folders(templates: Path) -> dict[str, Path]:
    return {one.name: one for one in sorted(templates.iterdir()) if (one / "task.yaml").is_file()}


def _read_by(folder: Path, shared: Path) -> Iterator[bytes]:
    """Return everything that `task` reads: names and contents."""
    grammar = assets.folder("grammar")
    schemas = [grammar / "task.schema.json", grammar / "card.schema.json"]
    below = sorted(shared.glob("*.yaml"))
    named = EXTENDS.search((folder / "task.yaml").read_bytes())
    extended = assets.folder("templates") / named[1].decode() if named else None
    cards = [
        one for place in (extended, folder) if place is not None for one in sorted((place / "models").glob("*.yaml"))
    ]
    for path in (*schemas, *below, folder / "task.yaml", *cards):
        yield f"{path.parent.name}/{path.name}".encode()
        yield path.read_bytes()


def task(folder: Path, shared: Path) -> Task:
    """Load the task in `folder`, on top of the metrics, slots and stages in `shared`.

    Raises Stopped when a file is broken.
    """
    path = folder / "task.yaml"
    data = cast(dict[str, Any], files.check(files.read(path, BROKEN), "task", path, BROKEN))
    if data["task"] != folder.name:
        message = f"`task` is `{data['task']}`, but the folder is `{folder.name}`"
        raise files.stop(BROKEN, path, message, "give them the same name")
    contract = data["contract"]
    slots = declared.slots(_overlay(_shared(shared, "slots"), data.get("slots", {})))
    extends = str(data.get("extends", ""))
    cards = [card(one, slots) for place in _models(folder, extends) for one in place]
    return Task(
        name=data["task"],
        title=data["title"],
        folder=folder,
        inputs=data["inputs"],
        outputs=data["outputs"],
        optional=frozenset(data.get("optional", ())),
        labels=data.get("labels", "none"),
        contract=IoContract(
            raw=declared.ports(contract["raw"]),
            tensor_inputs=declared.ports(contract["tensors"]["inputs"]),
            tensor_outputs=declared.ports(contract["tensors"]["outputs"]),
            answer=declared.ports(contract["answer"]),
        ),
        cleaning=tuple(data.get("cleaning", ())),
        layouts=tuple(data["layouts"]),
        options=data.get("options", {"type": "object", "additionalProperties": False, "properties": {}}),
        metrics=declared.metrics(_overlay(_shared(shared, "metrics"), data.get("metrics", {}))),
        per_class=declared.metrics(data.get("per_class", {})),
        slots=slots,
        stages=declared.stages(_shared(shared, "stages"), data.get("stages", [])),
        variants=tuple(
            Variant(**{**one, "packages": tuple(one.get("packages", ()))}) for one in data.get("variants", [])
        ),
        hooks=tuple(Hook(**one) for one in data.get("hooks", [])),
        cards={one.id: one for one in cards},
        hints=data.get("hints", {}),
        defaults=data.get("defaults", {}),
        extends=extends,
    )


def _models(folder: Path, extends: str) -> Iterator[list[Path]]:
    """List the files of cards: those of the extended task, and the task's own, which win by name."""
    for place in (*([_extended(folder, extends)] if extends else []), folder):
        yield sorted((place / "models").glob("*.yaml"))


def _extended(folder: Path, name: str) -> Path:
    """Return the folder of the shipped task that another one extends. Raises Stopped where there is none."""
    place = assets.folder("templates") / name
    if not (place / "task.yaml").is_file():
        hint = "it is a task that trainerspec ships: `trainerspec tasks` lists them"
        raise files.stop(BROKEN, folder / "task.yaml", f"`extends` names `{name}`, which is no task", hint)
    return place


@cache
def sizes() -> Mapping[SlotPath, Slot]:
    """Load the slots of a release on a target (templates/_shared/sizes.yaml), which are filled when it is pushed."""
    return declared.slots(_shared(assets.folder("templates") / "_shared", "sizes"))


def card(path: Path, slots: Container[str] = ()) -> Card:
    """Load one model card of a task with these slots; nested facts become dotted names.

    Raises Stopped when the file is not a card, or counts operations by something that is no slot.
    """
    data = cast(dict[str, Any], files.check(files.read(path, BROKEN), "card", path, BROKEN))
    facts = flatten(data.get("facts") or {})
    for problem in operations.problems(facts, slots):
        raise files.stop(BROKEN, path, problem, f"write slots of the task, or `{operations.CLASSES}`")
    return Card(
        id=data["id"],
        title=data["title"],
        licence=data["licence"],
        sources=tuple(
            WeightSource(
                kind=one["kind"],
                name=one["name"],
                revision=str(one.get("revision", "")),
                path=one.get("path", ""),
                part=one.get("part", ""),
                sha256=one.get("sha256") or {},
            )
            for one in data.get("sources") or []
        ),
        facts=facts,
        files=data.get("files") or {},
    )


def flatten(tree: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """Return nested mappings as one with dotted names.

    >>> flatten({"latency": {"cpu": 0.01}, "quality": 0.9})
    {'latency.cpu': 0.01, 'quality': 0.9}
    """
    flat: dict[str, Json] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


@cache
def _shared(folder: Path, name: str) -> Any:
    path = folder / f"{name}.yaml"
    data = files.read(path, BROKEN) if path.is_file() else None
    if isinstance(data, dict) and set(data) == {name}:
        data = data[name]
    return data or ([] if name == "stages" else {})


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    return {key: value for key, value in merged.items() if value is not None}
