"""adopt: values tried with `dvc exp run -S`, in params.yaml -> a patch to trainer.yaml."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from trainerspec.backends.params import params
from trainerspec.compiler import Compiled, Workplace, compile, read_spec
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer, Source
from trainerspec.language import yaml
from trainerspec.language.editing import edit
from trainerspec.revising.compare import changes, flat
from trainerspec.revising.evidence import same
from trainerspec.workspace.inside import own, whole
from trainerspec.workspace.lock import NAME, read_lock, spec_digest

SPLIT = ("by", "train", "validation", "test", "seed")
BASE = "model.base"

AGAIN = "run `trainerspec build --discard` to write it again"


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """What params.yaml says otherwise than the last build, as a patch."""

    values: Mapping[Pointer, tuple[Json, Json]]
    """Place in trainer.yaml to the built value and the one tried."""
    text: str
    """trainer.yaml with it."""
    compiled: Compiled | None
    """What that is built to; None when nothing differs."""


def adopt(source: Source, folder: Path, place: Workplace) -> Adopted:
    """Compare params.yaml with what trainer.lock projects.

    Raises Stopped: TS803 not built, TS841 trainer.yaml was changed too, TS844 a value is not trainer.yaml's to say,
    and what the compiler has to say about the values.
    """
    log = Log(source)
    spec = read_spec(source, place.tasks, log)
    task = place.tasks[spec.task]
    if not (folder / NAME).is_file() or not (folder / "params.yaml").is_file():
        message = f"`{folder.name}` was not built yet"
        raise Stopped((Diagnostic(code="TS803", message=message, hint="run `trainerspec build` first"),))
    locked = log.take(read_lock(whole(own(folder, NAME))))
    if locked.spec != spec_digest(spec):
        message = f"`{source.name}` was changed after the last build: whose values stand in params.yaml is not clear"
        hint = "undo one of the two changes, or run `trainerspec build --discard`"
        raise Stopped((Diagnostic(code="TS841", message=message, hint=hint),))
    built, tried = params(locked.pinned(spec), task), _settings(_read(own(folder, "params.yaml")))
    places = {slot: "/" + slot.replace(".", "/") for slot in task.slots if slot != BASE}
    places |= {f"data.split.{key}": f"/data/split/{key}" for key in SPLIT}
    places |= {f"options.{key}": f"/task/options/{key}" for key in spec.options}
    places |= {"version": "/version", "labels": "/task/labels"}
    gone = sorted({above for path in places if "." in path and not _holds(tried, above := path.rpartition(".")[0])})
    if gone:
        message, hint = f"params.yaml lacks {', '.join(f'`{one}`' for one in gone)}", AGAIN
        raise Stopped((Diagnostic(code="TS844", message=message, hint=hint, file="params.yaml"),))
    found = {
        pointer: (was, now)
        for path, pointer in places.items()
        if not same(was := _at(built, path), now := _at(tried, path))
    }
    foreign = tuple(_foreign(built, tried, [path for path, pointer in places.items() if pointer in found]))
    if foreign:
        raise Stopped(foreign)
    text = edit(source.text, {pointer: _number(now) for pointer, (_, now) in found.items()})
    compiled = compile(Source(name=source.name, text=text), place) if found else None
    return Adopted(values=found, text=text, compiled=compiled)


def _settings(document: Json) -> Json:
    """Leave out the versions of packages: they follow from constraints.txt, and nobody tries them."""
    if not isinstance(document, Mapping):
        return document
    return {key: value for key, value in document.items() if key != "packages"}


def _foreign(built: Json, tried: Json, adopted: list[str]) -> Iterator[Diagnostic]:
    """Tell each difference that has no place in trainer.yaml."""
    kept = cast(dict[str, Any], deepcopy(tried))
    for path in adopted:
        *parents, last = path.split(".")
        inner = kept
        for part in parents:
            inner = inner[part]
        inner[last] = _at(built, path)
    for change in changes(flat(built), flat(kept)):
        if not same(change.old, change.new):
            where = change.path.removeprefix("/").replace("/", ".")
            message = f"`{where}` was changed in params.yaml, and trainer.yaml does not decide it there"
            hint = "undo it, or say in trainer.yaml what is meant"
            yield Diagnostic(code="TS844", message=message, hint=hint, file="params.yaml")


def _holds(document: Json, path: str) -> bool:
    return isinstance(_at(document, path), Mapping)


def _read(path: Path) -> Json:
    try:
        found = yaml.load(path.read_bytes())
    except ValueError as error:
        raise Stopped((Diagnostic(code="TS844", message=f"`{path.name}` is not YAML", hint=AGAIN),)) from error
    if not isinstance(found, Mapping):
        raise Stopped((Diagnostic(code="TS844", message=f"`{path.name}` holds no settings", hint=AGAIN),))
    return found


def _at(document: Json, path: str) -> Json:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document


def _number(value: Json) -> Json:
    """Read a number that DVC wrote as YAML 1.1 does: `1e-05`.

    >>> _number("1e-05"), _number("none")
    (1e-05, 'none')
    """
    try:
        return float(value) if isinstance(value, str) and value[:1] in "+-.0123456789" else value
    except ValueError:
        return value
