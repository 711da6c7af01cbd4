"""One decision to take: what may be seen, what is allowed, and who takes it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from trainerspec.catalog.model import Card, Slot
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.decision import Candidate
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.language import formula
from trainerspec.language.expression import UNKNOWN
from trainerspec.language.validity import complaints
from trainerspec.procedures.procedure import Step, visible
from trainerspec.procedures.reason import render
from trainerspec.procedures.visible_names import judged

SLACKS = (1.0, 0.5)
"""Shares of an estimate by which candidates are judged: the next one only when none is left, down to its lower end."""


@record(frozen=True, kw_only=True)
class SlotContext:
    """What an agent perceives when it is asked to fill one slot."""

    step: Step
    slot: Slot
    env: Mapping[str, Json]
    """The names that the step's `needs` let it see, and its `let`s."""
    cards: Mapping[str, Mapping[str, Json]]
    """For a step among cards: the names that hold with each candidate that was kept, by card id."""
    candidates: tuple[Candidate, ...]
    """Every card with the reason why it was kept or dropped; empty unless the step is among cards."""

    def with_value(self, value: Json) -> dict[str, Json]:
        """Return the names that hold once the slot has `value`."""
        return {**self.env, **self.cards.get(str(value), {}), "value": value}

    def complaints(self, value: Json) -> tuple[str, ...]:
        """Say why `value` cannot fill the slot: its schema, the candidates, the step's `must`."""
        errors = list(complaints(value, self.slot.schema))
        if self.step.among == "cards" and not errors and value not in self.cards:
            known = ", ".join(f"`{one}`" for one in self.cards) or "none is left"
            dropped = next((one.because for one in self.candidates if one.value == value), "")
            errors.append(f"`{value}` is not a candidate{f' ({dropped})' if dropped else ''}; candidates: {known}")
        if errors:
            return tuple(errors)
        return tuple(f"`{text}` does not hold for `{value}`" for text in broken(self.step, self.with_value(value)))


@record(frozen=True, kw_only=True)
class Choice:
    """A value for a slot, that `SlotContext.complaints` has nothing against."""

    value: Json
    author: str
    because: str
    read: tuple[str, ...]
    """The names that were read on the way to it."""
    by: str = ""
    """The fact of the candidates by which it was chosen."""
    tried: tuple[Candidate, ...] = ()
    """Values that were considered first and could not be taken."""


class Filler(Protocol):
    """Fills one slot: rules, or a language model with the rules behind it."""

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        """Choose a value; TS501 when nothing applies, TS502 when nothing that applies is allowed."""
        ...


def slot_context(step: Step, slot: Slot, env: Mapping[str, Json], cards: Iterable[Card]) -> SlotContext:
    """Perceive: the part of `env` that the step may see, and the candidates that its `drop`s leave."""
    seen = _with_lets(step, {name: value for name, value in env.items() if visible(name, step)})
    if step.among is None:
        return SlotContext(step=step, slot=slot, env=seen, cards={}, candidates=())
    known = tuple(cards)
    for slack in SLACKS:
        facts = {card.id: _with_lets(step, {**seen, **judged(card, env, slack)}) for card in known}
        candidates = tuple(candidate(step, name, told, slack) for name, told in facts.items())
        if any(one.kept for one in candidates):
            break
    kept = {str(one.value): facts[str(one.value)] for one in candidates if one.kept}
    return SlotContext(step=step, slot=slot, env=seen, cards=kept, candidates=candidates)


def candidate(step: Step, name: str, facts: Mapping[str, Json], slack: float) -> Candidate:
    """Judge one card by the step's `drop`s."""
    reasons = [render(one.because, facts) for one in step.drop if formula.settle(one.when, facts) is True]
    kept = (
        "keeps every bound" if slack == 1 else "may keep every bound: only at the lower end of what it is estimated at"
    )
    return Candidate(value=name, kept=not reasons, because="; ".join(reasons) or kept)


def broken(step: Step, env: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the texts of the step's `must`s that are false; what is not known yet does not count."""
    return tuple(text for text, condition in step.must if formula.settle(condition, env) is False)


def missing(step: Step, slot: Slot, reasons: Iterable[str]) -> Diagnostic:
    """Say that a slot stays empty, and why."""
    told = "; ".join(reasons)
    if not told:
        message = f"no rule of `{step.id}` applies to `{slot.path}`"
        return Diagnostic(code="TS501", message=message, hint=f"write `{slot.path}` in trainer.yaml")
    message = f"nothing can fill `{slot.path}`: {told}"
    return Diagnostic(
        code="TS502", message=message, hint=f"loosen an objective, or write `{slot.path}` in trainer.yaml"
    )


def _with_lets(step: Step, env: Mapping[str, Json]) -> dict[str, Json]:
    found = dict(env)
    for name, one in step.let.items():
        value = formula.evaluate(one, found)
        if value is not UNKNOWN:
            found[name] = value
    return found
