"""The rules of the SOPs fill slots."""

from collections.abc import Iterator

from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Candidate
from trainerspec.ir.json import Json
from trainerspec.language import expression, formula
from trainerspec.language.expression import UNKNOWN
from trainerspec.procedures.procedure import Rule, Step
from trainerspec.procedures.reason import names as placeholders
from trainerspec.procedures.reason import render
from trainerspec.procedures.slot_context import Choice, SlotContext, missing

AUTHOR = "rules"


class Rules:
    """Fills slots by rule: the first rule that applies and whose value is allowed wins."""

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        """Follow the step's rules in order; a value that its `must` forbids gives way to the next."""
        tried: list[Candidate] = []
        for position, rule, value in values(context):
            complaints = context.complaints(value)
            if complaints:
                tried.append(Candidate(value=value, kept=False, because="; ".join(complaints)))
                continue
            because = render(rule.because, context.with_value(value))
            read = tuple(dict.fromkeys(_read(context.step, position)))
            by = rule.rank[1] if rule.rank is not None else ""
            choice = Choice(value=value, author=AUTHOR, because=because, read=read, by=by, tried=tuple(tried))
            return Outcome(value=choice)
        dropped = [f"`{one.value}`: {one.because}" for one in (*context.candidates, *tried) if not one.kept]
        return Outcome(diagnostics=(missing(context.step, context.slot, dropped),))


def values(context: SlotContext) -> Iterator[tuple[int, Rule, Json]]:
    """Return the value of every rule that applies, in order, with the rule's position."""
    for position, rule in enumerate(context.step.rules):
        if rule.when is not None and formula.settle(rule.when, context.env) is not True:
            continue
        if rule.rank is not None:
            sense, name = rule.rank
            ranked = [(facts[name], card) for card, facts in context.cards.items() if name in facts]
            for _, card in sorted(ranked, key=lambda one: (float(str(one[0])), one[1]), reverse=sense == "highest"):
                yield position, rule, card
        elif rule.compute is not None:
            value = formula.evaluate(rule.compute, context.env)
            if value is not UNKNOWN:
                yield position, rule, value
        else:
            yield position, rule, rule.choose


def _read(step: Step, position: int) -> Iterator[str]:
    """Return the names that were read up to the rule at `position`; a `let` stands for itself and its parts."""
    reads: list[str] = []
    for rule in step.rules[: position + 1]:
        reads += [one.name for one in expression.names(rule.when)] if rule.when is not None else []
    chosen = step.rules[position]
    reads += [*placeholders(chosen.because), *(chosen.compute.names() if chosen.compute is not None else ())]
    reads += [chosen.rank[1]] if chosen.rank is not None else []
    reads += [one.name for _, condition in step.must for one in expression.names(condition)]
    for name in reads:
        yield from _expand(step, name)


def _expand(step: Step, name: str) -> Iterator[str]:
    if name in step.let:
        for part in step.let[name].names():
            yield from _expand(step, part)
    yield name
