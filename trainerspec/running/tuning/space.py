"""What a search may change: the ranges that slots declare, narrowed by whoever asks, around what was decided."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trainerspec.catalog.model import Search, Slot
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json
from trainerspec.language.expression import evaluate, parse
from trainerspec.language.suggest import closest


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One slot that is searched."""

    slot: str
    whole: bool
    search: Search
    current: Json
    """What was decided; the first trial tries it."""

    def __str__(self) -> str:
        if self.search.choices:
            return f"{self.slot}: {', '.join(map(str, self.search.choices))}"
        scale = ", logarithmic" if self.search.log else ""
        return f"{self.slot}: {self.search.low:g} to {self.search.high:g}{scale}"


def dimensions(
    slots: Mapping[str, Slot], values: Mapping[str, Json], stated: Iterable[str], narrowed: Iterable[str] = ()
) -> tuple[Dimension, ...]:
    """Return what is searched: what slots declare, but for what trainer.yaml states and what does not matter here.

    `narrowed` are texts such as `model.train.leaves=8..64` and `model.train.batch_size=16,32`; a slot that is narrowed
    is searched though it is stated. Raises Stopped with TS847 for one that cannot be read, or when nothing is left.
    """
    wanted = dict(_narrowed(text, slots) for text in narrowed)
    fixed = set(stated) - set(wanted)
    found = []
    for path, slot in slots.items():
        search = wanted.get(path) or slot.search
        if search is None or path in fixed or path not in values or not _matters(search, values):
            continue
        current = values[path]
        if path not in wanted and isinstance(current, int | float) and not search.choices:
            search = replace(search, low=min(search.low, current), high=max(search.high, current))
        if search.choices and current not in search.choices:
            search = replace(search, choices=(current, *search.choices))
        whole = slot.schema.get("type") == "integer"
        found.append(Dimension(slot=path, whole=whole, search=search, current=current))
    if not found:
        hint = "take a setting out of trainer.yaml, or name what to try: `--space model.train.learning_rate=0.01..0.3`"
        raise Stopped((Diagnostic(code="TS847", message="trainer.yaml states all that could be searched", hint=hint),))
    return tuple(sorted(found, key=lambda one: one.slot))


def _matters(search: Search, values: Mapping[str, Json]) -> bool:
    parsed = parse(search.when)
    return parsed.value is None or evaluate(parsed.value, values) is not False


def _narrowed(text: str, slots: Mapping[str, Slot]) -> tuple[str, Search]:
    path, _, told = text.partition("=")
    slot = slots.get(path)
    if slot is None:
        near = closest(path, slots)
        hint = f"did you mean `{near}`?" if near else "`trainerspec explain` lists the slots of a task"
        raise Stopped((Diagnostic(code="TS847", message=f"there is no slot `{path}`", hint=hint),))
    low, dots, high = told.partition("..")
    try:
        if dots:
            log = bool(slot.search and slot.search.log)
            search = Search(low=float(low), high=float(high), log=log)
        else:
            search = Search(choices=tuple(_value(one, slot) for one in told.split(",")))
    except ValueError as error:
        raise Stopped((_unread(text),)) from error
    bounds = slot.schema
    least, most = bounds.get("minimum", -math.inf), bounds.get("maximum", math.inf)
    assert isinstance(least, int | float)
    assert isinstance(most, int | float)
    numbers = [one for one in (search.choices or (search.low, search.high)) if isinstance(one, int | float)]
    if (dots and not search.low < search.high) or any(not least <= one <= most for one in numbers):
        raise Stopped((_unread(text),))
    return path, search


def _value(text: str, slot: Slot) -> Json:
    kind = slot.schema.get("type")
    return int(text) if kind == "integer" else float(text) if kind == "number" else text


def _unread(text: str) -> Diagnostic:
    hint = "write SLOT=LOW..HIGH or SLOT=VALUE,VALUE, within what the slot takes (`trainerspec explain SLOT`)"
    return Diagnostic(code="TS847", message=f"`{text}` names no values to try", hint=hint)
