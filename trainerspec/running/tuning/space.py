"""What a search may change: the ranges that slots declare, narrowed by whoever asks, around what was decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trainerspec.catalog.model import Slot, Task
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.spec import SlotPath, Tried
from trainerspec.language.expression import evaluate, parse
from trainerspec.passes.searching import Untried, tried


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One slot that is searched."""

    slot: str
    whole: bool
    search: Tried
    current: Json
    """What was decided; the first trial tries it."""

    def __str__(self) -> str:
        if self.search.choices:
            return f"{self.slot}: {', '.join(map(str, self.search.choices))}"
        scale = ", logarithmic" if self.search.log else ""
        return f"{self.slot}: {self.search.low:g} to {self.search.high:g}{scale}"


def dimensions(
    slots: Mapping[SlotPath, Slot],
    values: Mapping[SlotPath, Json],
    stated: Iterable[SlotPath],
    wanted: Mapping[SlotPath, Tried],
) -> tuple[Dimension, ...]:
    """Return what is searched: what slots declare, but for what trainer.yaml states and what does not matter here.

    A slot of which somebody says what is `wanted` is searched though it is stated.
    """
    fixed = set(stated) - set(wanted)
    found = []
    for path, slot in slots.items():
        search = wanted.get(path) or slot.search
        if search is None or path in fixed or path not in values or not _matters(search, slot, values):
            continue
        current = values[path]
        if path not in wanted and isinstance(current, int | float) and not search.choices:
            search = replace(search, low=min(search.low, current), high=max(search.high, current))
        if search.choices and current not in search.choices:
            search = replace(search, choices=(current, *search.choices))
        whole = slot.schema.get("type") == "integer"
        found.append(Dimension(slot=path, whole=whole, search=search, current=current))
    return tuple(sorted(found, key=lambda one: one.slot))


def _matters(search: Tried, slot: Slot, values: Mapping[SlotPath, Json]) -> bool:
    conditions = [search.when, slot.search.when if slot.search else "true"]
    return all(parsed.value is None or evaluate(parsed.value, values) is not False for parsed in map(parse, conditions))


def narrowed(texts: Iterable[str], task: Task) -> dict[SlotPath, Tried]:
    """Read texts such as `model.train.leaves=8..64` and `model.train.batch_size=16,32`.

    Raises Stopped with TS847 for the first that cannot be read.
    """
    found = {}
    for text in texts:
        path, _, told = text.partition("=")
        value: Json = told if ".." in told else [_value(one.strip(), task.slots.get(path)) for one in told.split(",")]
        try:
            found[path] = tried(path, value, task, {})
        except Untried as error:
            raise Stopped((Diagnostic(code="TS847", message=f"{error.why} (`{text}`)", hint=error.hint),)) from error
    return found


def _value(text: str, slot: Slot | None) -> Json:
    kind = slot.schema.get("type") if slot is not None else None
    try:
        return int(text) if kind == "integer" else float(text) if kind == "number" else text
    except ValueError:
        return text  # the schema says what is wrong with it
