"""revise: results that miss an objective, or a failure -> a patch to trainer.yaml, by SOP, with its reasons."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import unified_diff

from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import SlotPath
from trainerspec.language.editing import edit
from trainerspec.revising.revision import Case, Faults, Revision
from trainerspec.revising.search import Search


def revise(case: Case, faults: Faults) -> Revision:
    """Look for the first steps that apply to the failure, or to each missed objective, and were not tried yet.

    They start from the best round so far: what made things worse is taken back.
    """
    now = case.now
    others = [one for one in case.history if one.data == now.data and one.slots != now.slots]
    best = min([now, *others], key=case.worth)
    starts = [now, best] if now.failed else [best, now]
    tried = [now.slots, *(one.slots for one in others)]
    empty = Revision(changes=(), missed=case.missed(now))
    for start in dict.fromkeys(starts.index(one) for one in starts):
        found = Search(case=case, start=starts[start], tried=tried, faults=faults).revision()
        if found.changes:
            return found
        blocked, advice = (*empty.blocked, *found.blocked), (*empty.advice, *found.advice)
        empty = replace(empty, blocked=tuple(dict.fromkeys(blocked)), advice=tuple(dict.fromkeys(advice)))
    return empty


def apply(text: str, slots: Mapping[SlotPath, Json]) -> str:
    """Write slots into the text of a trainer.yaml; comments and all else stay.

    >>> apply("model: {base: auto}  # any\\n", {"model.train.epochs": 2})
    'model: {base: auto, train: {epochs: 2}}  # any\\n'
    """
    return edit(text, {pointer(slot): value for slot, value in slots.items()})


def pointer(slot: SlotPath) -> Pointer:
    """Return a slot's place in trainer.yaml."""
    return "/" + slot.replace(".", "/")


def diff(old: str, new: str, name: str = "trainer.yaml") -> str:
    """Return a unified diff, as git writes it."""
    lines = unified_diff(old.splitlines(True), new.splitlines(True), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
