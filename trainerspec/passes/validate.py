"""Document -> Spec: keys, kinds, units and what the parts mean to each other; defaults filled in."""

import copy
from collections.abc import Mapping
from typing import Any, cast

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.document import Document
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import AUTO, Auto, DataSource, SlotPath, Spec
from trainerspec.language.addresses import credentials, hub_fault
from trainerspec.language.schema import compose, ordered, placed, problems
from trainerspec.language.suggest import suggest
from trainerspec.passes.labelling import labelling
from trainerspec.passes.meaning import Reader, acknowledged, clean, columns, held, labels, split, unread
from trainerspec.passes.objectives import objectives
from trainerspec.passes.searching import search


def validate(document: Document, tasks: Mapping[str, Task], *, review: bool = False) -> Outcome[Spec]:
    """Check a document against its task and give the spec; all errors at once, sorted by line.

    Fails with TS2xx (schema) and TS3xx (expressions). Open questions are warnings; so is what holds the spec in a
    `review`, which builds nothing. Every slot of the task is in the result: its value, the task's default, or `AUTO`.
    """
    task = _task(document, tasks)
    faults = problems(document.data, compose(task))
    reader = Reader(document=document, broken=frozenset(fault.pointer for fault in faults))
    reader.found.extend(placed(fault, document) for fault in faults)
    _secrets(reader, "", document.data)
    if task is None:
        _unknown_task(reader, tasks)
    else:
        spec = _spec(reader, task, tasks, review)
        if not any(d.severity == "error" for d in reader.found):
            return Outcome(value=spec, diagnostics=ordered(reader.found))
    return Outcome(diagnostics=ordered(reader.found))


def _task(document: Document, tasks: Mapping[str, Task]) -> Task | None:
    section = document.data.get("task")
    name = section.get("type") if isinstance(section, Mapping) else None
    return tasks.get(name) if isinstance(name, str) else None


def _unknown_task(reader: Reader, tasks: Mapping[str, Task]) -> None:
    name = reader.value("/task/type")
    if isinstance(name, str) and reader.sound("/task/type"):
        reader.say("TS205", f"unknown task `{name}`", suggest(name, tasks), "/task/type")


def _spec(reader: Reader, task: Task, tasks: Mapping[str, Task], review: bool) -> Spec:
    data = reader.document.data
    _base(reader, task)
    questions = reader.texts("/questions")
    for index, question in enumerate(questions):
        place = f"/questions/{index}"
        reader.say("TS220", f"open question: {question.strip()}", "answer it, then remove it", place, warning=True)
    inputs, outputs = columns(reader, task)
    classes = labels(reader, task)
    labelling(reader, task, classes)
    return Spec(
        document=reader.document,
        name=str(data.get("name", "")),
        version=str(data.get("version", "0.1.0")),
        request=str(data.get("request", "")),
        use=str(data.get("use", "")),
        questions=questions,
        held=held(reader, review),
        task=task.name,
        inputs=inputs,
        outputs=outputs,
        labels=classes,
        options=_options(reader, task),
        source=_source(reader),
        exclude=unread(reader, "exclude", inputs, outputs),
        audit=_audit(reader, task, unread(reader, "audit", inputs, outputs)),
        clean=clean(reader, task),
        acknowledged=acknowledged(reader),
        split=split(reader, task),
        objectives=objectives(reader, task, classes, outputs),
        search=search(reader, task, tasks),
        slots=slots(data, task),
    )


def _audit(reader: Reader, task: Task, names: tuple[str, ...]) -> tuple[str, ...]:
    if names and task.contract.time is not None:
        message = "forecasts are compared by series; `data.audit` has no effect"
        reader.say("TS226", message, "take it out, or write `data.exclude`", "/data/audit")
    return names


def _base(reader: Reader, task: Task) -> None:
    value = reader.value("/model/base")
    if not isinstance(value, str) or value == "auto" or not reader.sound("/model/base"):
        return
    if value in task.cards:
        return
    if value.startswith("hub:"):
        name, _, revision = value.removeprefix("hub:").partition("@")
        if not name or not revision:
            hint = "write `hub:org/name@commit`; a branch moves, a commit does not"
            reader.say("TS215", f"`{value}` names no revision", hint, "/model/base")
        elif why := hub_fault(name, revision):
            reader.say("TS215", why, "write `hub:org/name@commit`", "/model/base")
        return
    hint = suggest(value, task.cards) or "write `hub:org/name@revision`"
    reader.say("TS215", f"unknown base model `{value}` for `{task.name}`", hint, "/model/base")


def _secrets(reader: Reader, pointer: str, value: Json) -> None:
    """Refuse credentials, wherever they stand; neither the message nor an excerpt tells them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _secrets(reader, f"{pointer}/{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _secrets(reader, f"{pointer}/{index}", inner)
    elif isinstance(value, str) and (what := credentials(value, prose=not pointer.startswith("/data/source"))):
        where = pointer.strip("/").replace("/", ".")
        span = reader.document.place(pointer)
        message = f"`{where}`{f', line {span.line},' if span else ''} holds {what}; a spec is read by many"
        hint = "name an environment variable under `connection`, or leave it to the tool's own login"
        reader.found.append(Diagnostic(code="TS229", message=message, hint=hint, file=reader.document.source.name))


def _options(reader: Reader, task: Task) -> JsonObject:
    given = reader.value("/task/options")
    properties = cast(Mapping[str, Mapping[str, Json]], task.options.get("properties", {}))
    default = {key: about["default"] for key, about in properties.items() if "default" in about}
    return {**default, **(given if isinstance(given, Mapping) else {})}


def _source(reader: Reader) -> DataSource:
    given = reader.value("/data/source")
    if isinstance(given, str):
        return DataSource(kind="uri" if "://" in given else "path", value=given, options={})
    if not isinstance(given, Mapping):
        return DataSource(kind="path", value="", options={})
    for kind in ("path", "sql", "hub", "uri"):
        if kind in given:
            rest = {key: value for key, value in given.items() if key != kind}
            _source_options(reader, kind, rest)
            return DataSource(kind=kind, value=str(given[kind]), options=rest)
    return DataSource(kind="path", value="", options={})


_SOURCE_OPTIONS = {"path": (), "sql": ("connection",), "hub": ("revision", "subset"), "uri": ()}


def _source_options(reader: Reader, kind: str, rest: JsonObject) -> None:
    for key in rest:
        pointer = f"/data/source/{key}"
        other = next((k for k, keys in _SOURCE_OPTIONS.items() if key in keys), None)
        if other is not None and other != kind and reader.sound(pointer):
            message = f"`{key}` belongs to `{other}`, not to `{kind}`"
            reader.say("TS201", message, "remove it", pointer, on_key=True)
    if kind == "sql" and "connection" not in rest and reader.sound("/data/source"):
        hint = "name the environment variable that holds the address: `connection: NEWS_DB_URL`"
        reader.say("TS202", "missing key `connection` in `data.source`", hint, "/data/source", on_key=True)


def slots(data: JsonObject, task: Task) -> dict[SlotPath, Json | Auto]:
    """Return every slot of the task: the value at its dotted path, else the task's default or the slot's, or `AUTO`."""
    found = {path: _slot(data, task.defaults, path.split(".")) for path in task.slots}
    silent = {path: slot.absent for path, slot in task.slots.items() if slot.absent is not None}
    told = {path for path in silent if _at(data, path.split(".")) == "auto"}
    return {
        path: silent[path] if one is AUTO and path in silent and path not in told else one
        for path, one in found.items()
    }


_ABSENT: Any = object()


def _slot(data: Json, defaults: Json, parts: list[str]) -> Json | Auto:
    value = _at(data, parts)
    if value is _ABSENT:
        value = _at(defaults, parts)
    return AUTO if value is _ABSENT or value == "auto" else copy.deepcopy(value)


def _at(data: Json, parts: list[str]) -> Json:
    for part in parts:
        if data == "auto":
            return "auto"
        if not isinstance(data, Mapping) or part not in data:
            return cast(Json, _ABSENT)
        data = data[part]
    return data
