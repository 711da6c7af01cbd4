"""The ways to build that a search compares: bases, strategies, columns; each with its own settings to try.

A base brings other settings, and may bring other code: each is compiled as trainer.yaml with it would be, and trained
from what that gives. Those that cannot be built within the bounds are left out, with the reason.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainerspec.catalog.model import Task
from trainerspec.compiler import Workplace, compile
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.ir.spec import SlotPath, Tried
from trainerspec.language import yaml
from trainerspec.language.editing import edit
from trainerspec.passes.searching import BASE
from trainerspec.running.tuning import places
from trainerspec.running.tuning.space import Dimension, dimensions

STRATEGY = "model.train.strategy"
MOST = 24
"""Ways to build that are compared."""
AS_BUILT = "as built"


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way to build."""

    name: str
    values: Mapping[SlotPath, Json]
    """What makes it another one than what is built."""
    params: bytes
    """params.yaml of it."""
    folder: Path
    """Where it trains."""
    space: tuple[Dimension, ...]

    def __str__(self) -> str:
        return "\n".join([self.name, *(f"  {one}" for one in self.space)])


def structural(slot: SlotPath, search: Tried) -> bool:
    """Tell whether a slot decides what is built, so that its values are compiled, not just set.

    >>> structural("model.base", Tried(choices=("a", "b"))), structural("data.max_length", Tried(choices=(64, 128)))
    (True, False)
    """
    scalars = all(isinstance(one, int | float) for one in search.choices)
    return slot in (BASE, STRATEGY) or (slot.startswith("data.") and bool(search.choices) and not scalars)


def families(
    source: Source,
    folder: Path,
    place: Workplace,
    built: tuple[Task, Mapping[SlotPath, Json], Sequence[SlotPath]],
    wanted: Mapping[SlotPath, Tried],
    say: Callable[[str], None],
) -> tuple[Family, ...]:
    """Return what is built, first, and the other ways to build; each with what is tried of its settings.

    `built` has the task, the slots' values and those that trainer.yaml states. Raises Stopped with TS847 when nothing
    is left to try, or the ways to build are too many.
    """
    task, values, stated = built
    rest = {slot: one for slot, one in wanted.items() if not structural(slot, one)}
    choices = {slot: one.choices for slot, one in wanted.items() if structural(slot, one)}
    if BASE not in wanted and BASE not in stated:
        here = [name for name, card in task.cards.items() if not card.sources or name == values.get(BASE)]
        choices |= {BASE: tuple(here)} if len(here) > 1 else {}
    combined = [dict(zip(choices, one, strict=True)) for one in itertools.product(*choices.values())]
    others = [one for one in combined if any(values.get(slot) != value for slot, value in one.items())]
    if len(others) >= MOST:
        message = f"`space` names {len(others)} ways to build; a search compares {MOST} at most"
        raise Stopped((Diagnostic(code="TS847", message=message, hint="name fewer bases, strategies or columns"),))
    params = (folder / "params.yaml").read_bytes()
    name = label({slot: values[slot] for slot in choices if slot in values}) or AS_BUILT
    space = dimensions(task.slots, values, stated, rest)
    found = [Family(name=name, values={}, params=params, folder=folder, space=space)]
    for one in others:
        try:
            compiled = compile(Source(name=source.name, text=edited(source.text, one)), place)
        except Stopped as stopped:
            why = next(each for each in stopped.diagnostics if each.severity == "error")
            say(f"left out: {label(one)}: {why.code} {why.message}")
            continue
        space = dimensions(task.slots, compiled.pinned.values, stated, rest)
        at = places.laid_out(folder, label(one), compiled.project.files)
        made = compiled.project.files["params.yaml"]
        found.append(Family(name=label(one), values=one, params=made, folder=at, space=space))
    if len(found) == 1 and not space and not found[0].space:
        hint = "take a setting out of trainer.yaml, or name what to try: `--space model.train.learning_rate=0.01..0.3`"
        raise Stopped((Diagnostic(code="TS847", message="trainer.yaml states all that could be searched", hint=hint),))
    return tuple(found)


def edited(text: str, values: Mapping[SlotPath, Json]) -> str:
    """Write slots into a trainer.yaml."""
    return edit(text, {"/" + slot.replace(".", "/"): value for slot, value in values.items()})


def label(values: Mapping[SlotPath, Json]) -> str:
    """Name a way to build by what differs.

    >>> label({"model.base": "table-network", "data.clean": []})
    'table-network, clean []'
    """
    short = [str(one) if slot == BASE else f"{slot.rpartition('.')[2]} {_short(one)}" for slot, one in values.items()]
    return ", ".join(short)


def _short(value: Json) -> str:
    return yaml.dump({"x": value}).decode().partition(":")[2].strip().replace("\n", " ") or "[]"
