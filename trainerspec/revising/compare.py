"""Compare two compilations: what a change of the spec changes, down to the stages that run again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trainerspec.backends.params import document
from trainerspec.compiler import Compiled
from trainerspec.ir.declared import Stage
from trainerspec.ir.json import Json
from trainerspec.passes.code import OWN
from trainerspec.passes.plan import data as data_of
from trainerspec.passes.plan import upstream
from trainerspec.workspace.write import Changes


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value, before and after; None where it is absent."""

    path: str
    old: Json
    new: Json
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    spec: tuple[Change, ...]
    decisions: tuple[Change, ...]
    files: Changes
    stages: Mapping[str, str]
    """The stages that run again, and why."""


def compare(old: Compiled, new: Compiled) -> Difference:
    """Say what differs between two compilations of one project."""
    return Difference(
        spec=tuple(changes(flat(old.spec.document.data), flat(new.spec.document.data))),
        decisions=tuple(_decisions(old, new)),
        files=_files(_all(old), _all(new)),
        stages=reruns(old, new),
    )


def flat(data: Json, path: str = "") -> dict[str, Json]:
    """Return the leaves of plain data by JSON pointer.

    >>> flat({"a": {"b": 1}, "c": [2]})
    {'/a/b': 1, '/c/0': 2}
    """
    if isinstance(data, Mapping) and data:
        parts = [flat(value, f"{path}/{key}") for key, value in data.items()]
    elif isinstance(data, Sequence) and not isinstance(data, str) and data:
        parts = [flat(value, f"{path}/{number}") for number, value in enumerate(data)]
    else:
        return {path: data}
    return {key: value for part in parts for key, value in part.items()}


def changes(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    """Return what differs, in the order of the new side."""
    for path in dict.fromkeys([*new, *old]):
        if old.get(path) != new.get(path):
            yield Change(path=path, old=old.get(path), new=new.get(path))


def _decisions(old: Compiled, new: Compiled) -> Iterator[Change]:
    before, after = old.pinned.decided.decisions, new.pinned.decided.decisions
    for slot in dict.fromkeys([*after, *before]):
        was = before[slot].value if slot in before else None
        now = after[slot].value if slot in after else None
        if was != now:
            yield Change(path=slot, old=was, new=now, because=after[slot].because if slot in after else "")


def _files(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Changes:
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(path for path in new.keys() & old.keys() if new[path] != old[path])),
        removed=tuple(sorted(old.keys() - new.keys())),
    )


def reruns(old: Compiled, new: Compiled) -> dict[str, str]:
    """Return the stages that DVC runs again, in order, each with the first reason."""
    before = {stage.name: stage for stage in old.plan.stages}
    data = old.pinned.decided.observed.profile.fingerprint != new.pinned.decided.observed.profile.fingerprint
    values = document(old.plan, old.task), document(new.plan, new.task)
    after = upstream(new.plan.stages)
    found: dict[str, str] = {}
    for stage in new.plan.stages:
        reasons = [*_own_reasons(before.get(stage.name), stage, values, data, new, old)]
        reasons += [f"reads what `{name}` makes" for name in found if name in after[stage.name]]
        if reasons:
            found[stage.name] = reasons[0]
    return found


def _own_reasons(
    was: Stage | None, stage: Stage, values: tuple[Json, Json], data: bool, new: Compiled, old: Compiled
) -> Iterator[str]:
    if was is None:
        yield "it is new"
        return
    if was.cmd != stage.cmd:
        yield "its command changed"
    source = data_of(new.pinned.decided.observed)
    for dep in stage.deps:
        if dep not in was.deps:
            yield f"it reads `{dep}` now"
        elif dep == source and data:
            yield "the data changed"
        elif _below(dep, new) != _below(dep, old):
            yield f"`{dep}` changed"
    if set(was.deps) - set(stage.deps):
        yield f"it no longer reads `{min(set(was.deps) - set(stage.deps))}`"
    if (was.outs, was.metrics, was.plots) != (stage.outs, stage.metrics, stage.plots):
        yield "its outputs are others"
    for path in stage.params:
        before, after = (flat(_at(side, path), path) for side in values)
        for change in changes(before, after):
            yield f"`{change.path.replace('/', '.')}` changed"


def _below(dep: str, side: Compiled) -> dict[str, bytes]:
    """Return the files of a side that a dependency names: itself, or all below it."""
    return {path: content for path, content in _all(side).items() if path == dep or path.startswith(f"{dep}/")}


def _all(side: Compiled) -> dict[str, bytes]:
    """Return the emitted files and the user's own below custom/."""
    return {**side.project.files, **{f"{OWN}{path}": content for path, content in side.custom.items()}}


def _at(document: Json, path: str) -> Json:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document
