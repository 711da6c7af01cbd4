"""Discover the tasks: every folder of templates/ that has a task.yaml, and the model cards beside it."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from trainerspec import assets
from trainerspec.catalog import files, operations
from trainerspec.catalog.model import Card, Hook, IoContract, Metric, Port, Slot, Task, Variant
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.declared import Entry, Stage, WeightSource
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath, Tried
from trainerspec.language import formula
from trainerspec.language.formula import Formula
from trainerspec.prepared import prepared

BROKEN = "TS550"
EXTENDS = re.compile(rb"^extends: *([a-z0-9-]+)", re.MULTILINE)
"""Where a task.yaml names the task that it extends: what it follows from is known before it is parsed."""
SECTIONS = ("data", "model", "compute", "serve")
"""The order in which people read slots: by the section of trainer.yaml."""


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
    slots = _slots(_overlay(_shared(shared, "slots"), data.get("slots", {})))
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
            raw=_ports(contract["raw"]),
            tensor_inputs=_ports(contract["tensors"]["inputs"]),
            tensor_outputs=_ports(contract["tensors"]["outputs"]),
            answer=_ports(contract["answer"]),
        ),
        cleaning=tuple(data.get("cleaning", ())),
        layouts=tuple(data["layouts"]),
        options=data.get("options", {"type": "object", "additionalProperties": False, "properties": {}}),
        metrics=_metrics(_overlay(_shared(shared, "metrics"), data.get("metrics", {}))),
        per_class=_metrics(data.get("per_class", {})),
        slots=slots,
        stages=_stages(_shared(shared, "stages"), data.get("stages", [])),
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
    return _slots(_shared(assets.folder("templates") / "_shared", "sizes"))


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


def _metrics(data: Mapping[str, Any]) -> dict[str, Metric]:
    return {
        name: Metric(
            name=name,
            title=one["title"],
            unit=one["unit"],
            better=one["better"],
            device=one.get("device", False),
            description=one.get("description", ""),
            binary=one.get("binary", False),
            also=tuple(one.get("also", ())),
            needs=one.get("needs", ""),
        )
        for name, one in data.items()
    }


def _slots(data: Mapping[str, Any]) -> dict[str, Slot]:
    def rank(path: str) -> int:
        section = path.partition(".")[0]
        return SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)

    return {
        path: Slot(
            path=path,
            title=data[path]["title"],
            schema=data[path]["schema"],
            description=data[path].get("description", ""),
            absent=data[path].get("absent"),
            search=_search(data[path].get("search")),
        )
        for path in sorted(data, key=rank)
    }


def _search(data: Mapping[str, Any] | None) -> Tried | None:
    if data is None:
        return None
    return Tried(**{**data, "choices": tuple(data.get("choices", ()))})


def _stages(below: Iterable[JsonObject], above: Iterable[JsonObject]) -> tuple[Stage, ...]:
    merged: dict[str, dict[str, Any]] = {str(one["name"]): dict(one) for one in below}
    for one in above:
        merged.setdefault(str(one["name"]), {}).update(one)
    return tuple(_stage(one) for one in merged.values())


def _stage(data: Mapping[str, Any]) -> Stage:
    def words(key: Literal["params", "outs", "metrics", "plots"]) -> tuple[str, ...]:
        return tuple(data.get(key) or ())

    return Stage(
        name=data["name"],
        title=data["title"],
        cmd=data["cmd"],
        deps=tuple(one for one in data.get("deps") or () if isinstance(one, str)),
        params=words("params"),
        outs=words("outs"),
        metrics=words("metrics"),
        plots=words("plots"),
        always=bool(data.get("always", False)),
        persist=bool(data.get("persist", False)),
        when=data.get("when", ""),
        sometimes=tuple(Entry(**one) for one in data.get("deps") or () if not isinstance(one, str)),
        modules=tuple(Entry(**({"file": one} if isinstance(one, str) else one)) for one in data.get("modules", ())),
    )


def _dimension(size: Any) -> int | str | Formula:
    """Read a dimension: a number, a name, or a formula. Raises Stopped for a formula that is none."""
    if not isinstance(size, Mapping):
        return int(size) if isinstance(size, int) else str(size)
    found = formula.parse(size)
    if found.value is None:
        raise Stopped(found.diagnostics)
    return found.value


def _ports(data: Iterable[Mapping[str, Any]]) -> tuple[Port, ...]:
    return tuple(
        Port(
            name=one.get("name", ""),
            kind=one["kind"],
            datatype=one.get("datatype", ""),
            shape=tuple(_dimension(size) for size in one["shape"]),
            role=one.get("role", ""),
            media_type=one.get("media_type", ""),
            each=one.get("each", ""),
            optional=one.get("optional", False),
            several=one.get("several", False),
        )
        for one in data
    )
