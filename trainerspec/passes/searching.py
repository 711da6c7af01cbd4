"""What `search` says: how many trials, and which values of which slots."""

from collections.abc import Mapping

from trainerspec.catalog.model import Slot, Task
from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import Search, SlotPath, Tried
from trainerspec.language.duration import seconds
from trainerspec.language.places import escape
from trainerspec.language.suggest import suggest
from trainerspec.language.validity import complaints
from trainerspec.passes.meaning import Reader

UNJUDGED = ("serve.", "compute.")
"""Sections whose settings change nothing that the validation split tells."""
BASE = "model.base"


class Untried(Exception):
    """Values that cannot be tried of a slot; carries why, and what to do."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why, self.hint = why, hint


def search(reader: Reader, task: Task, tasks: Mapping[str, Task]) -> Search:
    """Read `search`; say which slots and values cannot be tried."""
    given = reader.value("/search")
    about = given if isinstance(given, Mapping) and reader.sound("/search") else {}
    told = {key: about[key] for key in ("trials", "sampler", "pruner") if key in about}
    limit = seconds(str(about["time"])) if "time" in about else None
    named = about.get("space", {})
    assert isinstance(named, Mapping)
    space = dict[SlotPath, Tried]()
    for path, value in named.items():
        pointer: Pointer = f"/search/space/{escape(path)}"
        try:
            space[path] = tried(path, value, task, tasks)
        except Untried as error:
            reader.say("TS230", error.why, error.hint, pointer, on_key=path not in task.slots)
    return Search(seconds=limit, space=space, **told)  # type: ignore[arg-type]


def tried(path: SlotPath, value: Json, task: Task, tasks: Mapping[str, Task]) -> Tried:
    """Return what is to be tried of a slot: `8..64`, a mapping with `low` and `high`, or a list of values.

    Raises Untried when there is no such slot, or it does not take these values.
    """
    slot = task.slots.get(path)
    if slot is None:
        others = sorted(name for name, one in tasks.items() if path in one.slots)
        if others:
            raise Untried(f"`{task.name}` has no slot `{path}`; {', '.join(others)} has", suggest(path, task.slots))
        raise Untried(f"there is no slot `{path}`", suggest(path, task.slots))
    if path.startswith(UNJUDGED):
        why = f"`{path}` cannot be searched: the validation score, by which trials are judged, does not follow from it"
        raise Untried(why, "state it, or leave it to the SOPs")
    if isinstance(value, list | tuple):
        return Tried(choices=tuple(_taken(path, one, slot, task) for one in value))
    low, high, log = _ends(value, slot)
    for end in (low, high):
        _taken(path, end, slot, task)
    if not low < high:
        raise Untried(f"`{path}` from {low:g} to {high:g} is no range", "write the lower end first")
    if log and low <= 0:
        raise Untried(f"a logarithmic range of `{path}` begins above 0, not at {low:g}", "raise `low`, or `log: false`")
    return Tried(low=low, high=high, log=log)


def _ends(value: Json, slot: Slot) -> tuple[float, float, bool]:
    declared = slot.search is not None and slot.search.log
    if isinstance(value, Mapping):
        low, high, log = value["low"], value["high"], value.get("log", declared)
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        return low, high, bool(log)
    start, _, end = str(value).partition("..")
    try:
        low, high = float(start), float(end)
    except ValueError as error:
        hint = f"write SLOT=LOW..HIGH or SLOT=VALUE,VALUE, within what `{slot.path}` takes"
        raise Untried(f"`{value}` names no values to try", hint) from error
    return low, high, declared and low > 0


def _taken(path: SlotPath, value: Json, slot: Slot, task: Task) -> Json:
    """Check one value against what the slot takes."""
    kind = slot.schema.get("type")
    whole = int(value) if kind == "integer" and isinstance(value, float) and value.is_integer() else value
    limits = [f"{word} {slot.schema[key]}" for key, word in LIMITS.items() if key in slot.schema]
    hint = f"it takes {' and '.join(limits)}" if limits else f"`trainerspec explain {path}` says what it takes"
    if path == BASE and isinstance(value, str) and value not in task.cards and not value.startswith("hub:"):
        raise Untried(f"unknown base model `{value}` for `{task.name}`", suggest(value, task.cards))
    faults = complaints(whole, slot.schema)
    if faults:
        raise Untried(f"`{path}` does not take {value}: {faults[0]}", hint)
    return whole


LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "multipleOf": "multiples of",
    "enum": "one of",
}
"""What of a schema is said to people, with its word."""
