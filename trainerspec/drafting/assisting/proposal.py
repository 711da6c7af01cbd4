"""The flat form in which a language model proposes edits: every field may be null, every value has a quote.

Its closed lists come from the catalog and the policy. Lengths are left to the cap on tokens: a server that makes
a grammar of the schema pays for each with time.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from trainerspec.catalog.model import Task
from trainerspec.drafting.policy.refusals import Policy
from trainerspec.drafting.reading.vocabulary import Vocabulary
from trainerspec.ir.json import Json, JsonObject

MOST_QUESTIONS = 3
NO_REQUEST = "no-request"
"""In the place of a rule: no model to train is asked for."""
KINDS = ("path", "uri", "hub", "sql")
CHOICES: Mapping[str, str] = {
    "engine": "serve.engine",
    "precision": "serve.precision",
    "train_on": "compute.train",
}
"""Fields that are slots with a closed list of values."""
ASKABLE = ("/task/type", "/task/inputs", "/task/outputs", "/task/labels", "/data/source", "/model/base", "/objectives")
"""Where questions may point; a role or a number may follow."""

Node = dict[str, Any]


def schema(tasks: Mapping[str, Task], vocabulary: Vocabulary, rules: Policy) -> JsonObject:
    """Return the JSON Schema of an answer."""
    names = sorted({*tasks, *(one.name for one in vocabulary.tasks)})
    refusals = [*(one.id for one in rules.rules), NO_REQUEST]
    text: Node = {"type": "string", "minLength": 1}
    several: Node = {"type": "array", "items": text, "minItems": 2}
    fields: Node = {
        "task": _quoted(name={"type": "string", "enum": names}),
        "refuse": _quoted(rule={"type": "string", "enum": refusals}),
        "source": _quoted(kind={"type": "string", "enum": list(KINDS)}, value=text),
        "inputs": _list(_quoted(role=text, column=text)),
        "outputs": _list(_quoted(role=text, column=text)),
        "labels": _quoted(values=several),
        "objectives": _list(_quoted(objective=text)),
        "not_objectives": _list(_quoted(objective=text)),
        "base": _quoted(value=text),
        **{name: _quoted(value={"type": "string", "enum": values(tasks, slot)}) for name, slot in CHOICES.items()},
        "questions": _list(_object(path=text, question=text), maxItems=MOST_QUESTIONS),
    }
    return _object(**{name: {"anyOf": [{"type": "null"}, one]} for name, one in fields.items()})


def values(tasks: Mapping[str, Task], slot: str) -> list[Json]:
    """Return the values that any task allows in a slot."""
    found = (one.slots[slot].schema.get("enum") for one in tasks.values() if slot in one.slots)
    listed: Iterable[Json] = (value for some in found if isinstance(some, list) for value in some)
    return list(dict.fromkeys(listed))


def _quoted(**fields: Node) -> Node:
    return _object(**fields, quote={"type": "string", "minLength": 1})


def _object(**fields: Node) -> Node:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(item: Node, **limits: int) -> Node:
    return {"type": "array", "items": item, "minItems": 1, **limits}
