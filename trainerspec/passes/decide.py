"""Observed -> Decided: fill every slot, each after those that it needs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from trainerspec.catalog.model import Card, Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.decision import Candidate, Decided, Decision
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.spec import AUTO, SlotPath, Spec
from trainerspec.language.suggest import suggest
from trainerspec.procedures.procedure import Step, read_names
from trainerspec.procedures.slot_context import Choice, Filler, SlotContext, broken, slot_context
from trainerspec.procedures.sops import Sops
from trainerspec.procedures.visible_names import card_facts, estimated, policy, visible_names

HUB = "hub:"


def decide(observed: Observed, task: Task, sops: Sops, filler: Filler) -> Outcome[Decided]:
    """Fill the slots in the order of their needs: what a person wrote stands, `filler` fills the rest.

    A value that a person wrote is checked against the step's `must` too.
    """
    ordered = sops.steps(task)
    if ordered.value is None:
        return Outcome(diagnostics=ordered.diagnostics)
    env: dict[str, Json] = {**visible_names(observed, task), **policy(sops.licences, task, observed.spec)}
    decisions: dict[SlotPath, Decision] = {}
    problems: list[Diagnostic] = []
    base: Card | None = None
    for step in ordered.value:
        seen = {**env, **estimated(base, env)} if step.estimates else env
        now = slot_context(step, task.slots[step.slot], seen, task.cards.values())
        given = observed.spec.slots.get(step.slot, AUTO)
        if given is not AUTO:
            problems += check_given(given, now, observed.spec, task)
            decisions[step.slot] = stated(given, now, written=_written(step.slot, observed.spec))
        else:
            outcome = filler.fill(now)
            problems += outcome.diagnostics
            if outcome.value is None:
                break
            decisions[step.slot] = decision(now, outcome.value)
        env[step.slot] = decisions[step.slot].value
        if step.among == "cards":
            base = task.cards.get(str(env[step.slot]))
            env.update(chosen_card(env[step.slot], task))
    if any(one.severity == "error" for one in problems):
        return Outcome(diagnostics=tuple(problems))
    return Outcome(value=Decided(observed=observed, decisions=decisions), diagnostics=tuple(problems))


def decision(now: SlotContext, choice: Choice) -> Decision:
    """Record a choice with what was read and what else came into question."""
    names = now.with_value(choice.value)
    candidates = [compared(one, choice, now) for one in now.candidates]
    return Decision(
        slot=now.slot.path,
        value=choice.value,
        author=choice.author,
        sop=now.step.id,
        because=choice.because,
        facts={name: names[name] for name in choice.read if name in names and name != "value"},
        candidates=(*candidates, *choice.tried),
    )


def compared(one: Candidate, choice: Choice, now: SlotContext) -> Candidate:
    """Say of a candidate that was kept, but not chosen, how it compares in the fact that was decisive."""
    own, best = (now.cards.get(str(value), {}).get(choice.by) for value in (one.value, choice.value))
    if not one.kept or one.value == choice.value or not choice.by or own is None:
        return one
    name = choice.by.removeprefix("card.")
    return replace(one, because=f"{one.because}, but its {name} is {own}, that of `{choice.value}` {best}")


def _written(slot: SlotPath, spec: Spec) -> bool:
    """Tell whether trainer.yaml says the value of a slot itself."""
    return "/" + slot.replace(".", "/") in spec.document.values


def stated(value: Json, now: SlotContext, *, written: bool = True) -> Decision:
    """Record what a person wrote, or what silence means, with the facts that the step would have read."""
    read = [name for name in dict.fromkeys(read_names(now.step)) if name.startswith(("facts.", "objective."))]
    return Decision(
        slot=now.slot.path,
        value=value,
        author="spec",
        sop="",
        because="written in trainer.yaml" if written else "what is meant when trainer.yaml does not say it",
        facts={name: now.env[name] for name in read if name in now.env},
        candidates=now.candidates,
    )


def check_given(value: Json, now: SlotContext, spec: Spec, task: Task) -> Iterable[Diagnostic]:
    """Check what a person wrote: an unknown base and a broken `must` are errors, a dropped candidate a warning."""
    span = spec.document.place("/" + now.slot.path.replace(".", "/"))
    path = now.slot.path
    if now.step.among == "cards" and value not in task.cards and not str(value).startswith(HUB):
        hint = suggest(str(value), task.cards) + "; or write `hub:org/name@revision`"
        yield Diagnostic(code="TS503", message=f"no base model `{value}` for `{task.name}`", hint=hint, span=span)
        return
    for one in now.candidates:
        if one.value == value and not one.kept:
            message = f"`{path}: {value}` is kept as written, though {one.because}"
            yield Diagnostic(code="TS505", message=message, severity="warning", span=span)
    card = chosen_card(value, task) if now.step.among == "cards" else {}
    names = {**now.env, **card, "value": value}
    for text in broken(now.step, names):
        reads = _values(now.step, names, text)
        message = f"`{path}: {value}` breaks `{text}` of {now.step.id}" + (f" ({reads})" if reads else "")
        yield Diagnostic(code="TS504", message=message, hint="correct it, or write `auto`", span=span)


def chosen_card(value: Json, task: Task) -> dict[str, Json]:
    """Return the names of the chosen base; of one on the hub no more is known yet than that it has weights."""
    card: Card | None = task.cards.get(str(value))
    return card_facts(card) if card is not None else {"card.id": value, "card.pretrained": True}


def _values(step: Step, names: Mapping[str, Json], text: str) -> str:
    told = dict.fromkeys(name for name in read_names(step) if name in text and name != "value" and name in names)
    return ", ".join(f"`{name}` is {names[name]}" for name in told)
