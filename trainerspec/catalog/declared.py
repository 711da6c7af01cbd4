"""What task.yaml and the files beside it declare, as records."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from trainerspec.catalog.model import Metric, Port, Slot
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.declared import Entry, Stage
from trainerspec.ir.json import JsonObject
from trainerspec.ir.spec import Tried
from trainerspec.language import formula
from trainerspec.language.formula import Formula

SECTIONS = ("data", "model", "compute", "serve")
"""The order in which people read slots: by the section of trainer.yaml."""


def metrics(data: Mapping[str, Any]) -> dict[str, Metric]:
    """Return metrics by name, as they are declared."""
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


def slots(data: Mapping[str, Any]) -> dict[str, Slot]:
    """Return slots by path, in the order of their sections."""

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


def stages(below: Iterable[JsonObject], above: Iterable[JsonObject]) -> tuple[Stage, ...]:
    """Return stages; those of a task change or follow the shared ones, by name."""
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


def ports(data: Iterable[Mapping[str, Any]]) -> tuple[Port, ...]:
    """Return the ports of a signature. Raises Stopped for a dimension that is no formula."""
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
