"""The schema of trainer.yaml for one task, and its errors in people's words."""

import copy
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from trainerspec.assets import folder
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.document import Document
from trainerspec.ir.json import JsonObject
from trainerspec.language.validity import sound

if TYPE_CHECKING:
    from trainerspec.language.schema_errors import Fault

Node = dict[str, Any]
SECTIONS = ("data", "model", "compute", "serve")
"""Where slots are."""


class SlotShape(Protocol):
    """What the schema needs to know of a slot."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def schema(self) -> JsonObject: ...


class TaskShape(Protocol):
    """What the schema needs to know of a task."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, str]: ...
    @property
    def outputs(self) -> Mapping[str, str]: ...
    @property
    def labels(self) -> Literal["required", "many", "none"]: ...
    @property
    def layouts(self) -> tuple[str, ...]: ...
    @property
    def options(self) -> JsonObject: ...
    @property
    def slots(self) -> Mapping[str, SlotShape]: ...
    @property
    def several(self) -> frozenset[str]: ...


CLEAN = "data.clean"
"""The slot of the cleaning steps."""
LABEL = "data.label"
"""The slot that says how rows are labelled; tasks where a row has one class take what the language offers."""


@cache
def _frame() -> str:
    return (folder("grammar") / "trainerspec.schema.json").read_text(encoding="utf-8")


def compose(task: TaskShape | None) -> Node:
    """Return the JSON Schema of trainer.yaml for one task: roles, options, and each slot at its dotted path.

    Without a task the sections that hold slots are open, so that the rest can be checked.
    """
    schema: Node = json.loads(_frame())
    properties = schema["properties"]
    if task is None:
        for section in SECTIONS:
            properties[section]["additionalProperties"] = True
            properties[section] = _or_auto(properties[section]) if section != "data" else properties[section]
        return schema
    about = properties["task"]["properties"]
    about["type"]["const"] = task.name
    for side, roles in (("inputs", task.inputs), ("outputs", task.outputs)):
        column = about[side]["additionalProperties"]
        about[side]["properties"] = {role: {**column, "description": title} for role, title in roles.items()}
        if side == "inputs":
            for role in task.several:
                about[side]["properties"][role] = _several(about[side]["properties"][role])
        about[side]["additionalProperties"] = False
        about[side]["examples"] = [{role: role for role in roles}]
    if task.labels == "none":
        del about["labels"]
    elif task.labels == "many":
        about["labels"]["anyOf"][1]["minItems"] = 1  # what is found in an example may be of one kind
    about["options"] = {**about["options"], **copy.deepcopy(dict(task.options))}
    for path, slot in task.slots.items():
        if path == CLEAN:  # its steps are the language's own, the same for every task
            properties["data"]["properties"]["clean"] = _or_auto(properties["data"]["properties"]["clean"])
        elif path != LABEL or task.labels != "required":
            _plant(properties, path.split("."), _leaf(path, slot, task))
    for section in SECTIONS:
        properties[section] = _allow_auto(properties[section], top=section == "data")
    return schema


def _leaf(path: str, slot: SlotShape, task: TaskShape) -> Node:
    inner: Node = copy.deepcopy(dict(slot.schema))
    if path == "data.layout" and task.layouts:
        inner["enum"] = list(task.layouts)
    leaf: Node = {"title": slot.title, "description": slot.description or slot.title}
    choices = inner.get("enum", [])
    leaf["examples"] = inner.pop("examples", ["auto", *choices[:2]])
    leaf["anyOf"] = [{"const": "auto"}, inner]
    return leaf


def _several(column: Node) -> Node:
    """Let a role have one column, or a list of them."""
    outside: Node = {key: column[key] for key in ("title", "description")}
    one = {key: value for key, value in column.items() if key not in outside}
    many = {"type": "array", "minItems": 1, "maxItems": 20, "uniqueItems": True, "items": one}
    return {**outside, "examples": ["body", ["subject", "body"]], "anyOf": [one, many]}


def _plant(properties: Node, parts: list[str], leaf: Node) -> None:
    if len(parts) == 1:
        properties[parts[0]] = leaf
        return
    title = parts[0].replace("_", " ").capitalize()
    node = properties.setdefault(
        parts[0],
        {
            "title": title,
            "description": f"{title}; `auto` leaves every part of it open.",
            "examples": ["auto"],
            "type": "object",
            "additionalProperties": False,
            "properties": {},
        },
    )
    _plant(node.setdefault("properties", {}), parts[1:], leaf)


def _or_auto(node: Node) -> Node:
    outside: Node = {key: node[key] for key in ("title", "description", "examples") if key in node}
    inside = {key: value for key, value in node.items() if key not in outside}
    return {**outside, "anyOf": [{"const": "auto"}, inside]}


_FIXED = frozenset({"source", "exclude", "audit", "clean", "label", "split"})


def _allow_auto(node: Node, *, top: bool) -> Node:
    for key, inner in node.get("properties", {}).items():
        if inner.get("type") == "object" and not (top and key in _FIXED):
            node["properties"][key] = _allow_auto(inner, top=False)
    return node if top else _or_auto(node)


def problems(data: JsonObject, schema: Mapping[str, Any]) -> "tuple[Fault, ...]":
    """Check plain data and give every fault with its JSON pointer."""
    if sound(data, schema):
        return ()
    from trainerspec.language.schema_errors import faulty

    return faulty(data, schema)


def check(document: Document, schema: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """Check a document: all errors at once, each at its key or its value, sorted by line."""
    return ordered(placed(fault, document) for fault in problems(document.data, schema))


def placed(fault: "Fault", document: Document) -> Diagnostic:
    """Make the diagnostic of one fault, at the key or the value that it is about."""
    span = document.keys.get(fault.pointer) if fault.on_key else None
    return Diagnostic(
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        span=span or document.place(fault.pointer),
    )


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by place; those without a place come first."""
    return tuple(sorted(diagnostics, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0)))
