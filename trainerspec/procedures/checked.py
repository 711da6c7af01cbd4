"""Check an organisation's own SOPs against the tasks and against a spec, before anything is decided."""

from collections.abc import Iterator, Mapping
from itertools import chain

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import Json
from trainerspec.ir.spec import AUTO, Spec
from trainerspec.language import expression
from trainerspec.language.formula import Formula
from trainerspec.language.suggest import closest, did_you_mean, suggest
from trainerspec.procedures.procedure import Proposal, Sop, Step
from trainerspec.procedures.reason import names as reason_names
from trainerspec.procedures.slot_context import broken
from trainerspec.procedures.sops import Sops, applies
from trainerspec.procedures.visible_names import objectives

DEPLOY = "deploy."
"""Slots of a push, which no task has."""
UNKNOWN, FORBIDDEN = "TS553", "TS504"
HEADS = (
    *(
        "task",
        "facts",
        "objective",
        "goal",
        "card",
        "estimate",
        "policy",
        "use",
        "value",
        "measured",
        "missed",
        "curve",
    ),
    *("confusion", "classes", "errors", "validation", "machine", "failure", "target", "author"),
)
"""What names begin with, besides slots (docs/sops.md)."""


def checked(sops: Sops, tasks: Mapping[str, Task], spec: Spec) -> Iterator[Diagnostic]:
    """Tell of the user's own SOPs: slots and names that there are not (TS553), a `must` that the spec breaks (TS504).

    A `must` is judged as far as the spec alone tells; what needs the data is judged when slots are filled.
    """
    slots = {slot for task in tasks.values() for slot in task.slots}
    facts = {name for sop in sops.by_id.values() if not sop.own for name in _read(sop) if name.startswith("facts.")}
    for sop in (one for one in sops.by_id.values() if one.own):
        yield from _unknown(sop, slots, facts)
        if applies(sop, spec.task):
            yield from (found for step in sop.steps for found in _forbidden(step, spec))


def _unknown(sop: Sop, slots: set[str], facts: set[str]) -> Iterator[Diagnostic]:
    named = [(step.id, step.slot) for step in sop.steps]
    named += [(one.id, slot) for one in sop.proposals for slot in one.propose]
    for where, slot in named:
        if slot not in slots and not slot.startswith(DEPLOY):
            message = f"step `{where}` names the slot `{slot}`, which no task has"
            yield Diagnostic(code=UNKNOWN, message=message, hint=suggest(slot, sorted(slots)))
    for where, name in ((one.id, name) for one in _parts(sop) for name in sorted(set(_names(one)))):
        head = name.partition(".")[0]
        if name in slots or any(slot.startswith(f"{name}.") for slot in slots) or name.startswith(DEPLOY):
            continue
        if head not in HEADS:
            message = f"step `{where}` reads `{name}`, which nothing tells"
            yield Diagnostic(code=UNKNOWN, message=message, hint=suggest(name, [*sorted(slots), *HEADS]))
        elif head == "facts" and not any(known == name or known.startswith(f"{name}.") for known in facts):
            near = closest(name, facts)
            if near and near != name and not name.startswith(f"{near}."):
                message = f"step `{where}` reads `{name}`, which no procedure that ships knows"
                hint = did_you_mean(name, facts)
                yield Diagnostic(code=UNKNOWN, message=message, hint=hint, severity="warning")


def _forbidden(step: Step, spec: Spec) -> Iterator[Diagnostic]:
    given = spec.slots.get(step.slot, AUTO)
    if given is AUTO:
        return
    known: dict[str, Json] = {slot: value for slot, value in spec.slots.items() if value is not AUTO}
    env = {**known, **objectives(spec.objectives), "task.type": spec.task, "value": given}
    span = spec.document.place("/" + step.slot.replace(".", "/"))
    for text in broken(step, env):
        because = next((rule.because for rule in step.rules if not list(reason_names(rule.because))), "")
        message = f"`{step.slot}: {given}` breaks `{text}` of {step.id}" + (f": {because}" if because else "")
        yield Diagnostic(code=FORBIDDEN, message=message, hint="correct it, or write `auto`", span=span)


def _read(sop: Sop) -> Iterator[str]:
    return chain.from_iterable(map(_names, _parts(sop)))


def _parts(sop: Sop) -> list[Step | Proposal]:
    return [*sop.steps, *sop.proposals]


def _names(one: Step | Proposal) -> Iterator[str]:
    """Return the names that a step reads, without those that it makes itself."""
    if isinstance(one, Step):
        yield from (need for need in one.needs)
        return
    formulas: list[Formula] = [*one.let.values(), *(rule.compute for rule in one.propose.values() if rule.compute)]
    found = chain(
        chain.from_iterable(each.names() for each in formulas),
        (each.name for each in expression.names(one.when)) if one.when is not None else (),
        reason_names(one.because),
        reason_names(one.advise),
    )
    yield from (name for name in found if name not in one.let)
