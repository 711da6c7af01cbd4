"""Decided -> Pinned: revisions, licences, and the facts of the base; no `auto` is left."""

from dataclasses import replace
from typing import Protocol

from trainerspec.catalog.model import Card, Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.decision import Base, Decided, Decision, Pinned
from trainerspec.ir.json import Json
from trainerspec.ir.source import Span
from trainerspec.ir.spec import SlotPath
from trainerspec.passes.decide import HUB, check_given, decision
from trainerspec.procedures.procedure import Step
from trainerspec.procedures.slot_context import Filler, broken, slot_context
from trainerspec.procedures.sops import Sops
from trainerspec.procedures.visible_names import card_facts, estimated, policy, visible_names

NOT_ASKED = "NOASSERTION"
"""The SPDX word for a licence that nobody could look up; `Hub.card` has warned then."""


class Hub(Protocol):
    """The one door to a model hub."""

    def card(self, name: str, revision: str) -> Outcome[Card]:
        """Describe `org/name`, with its commit; `revision` may be empty (the newest), a branch, a tag or a commit."""
        ...


def pin(decided: Decided, task: Task, sops: Sops, filler: Filler, hub: Hub) -> Outcome[Pinned]:
    """Pin the base and check every `must` again, now that all facts of the base are known.

    A slot whose `must` fails is filled once more when an agent filled it; what a person wrote is an error. So is one
    that follows from the estimate of serving, when the base is not of the catalog: only now there is an estimate.
    """
    spec = decided.observed.spec
    card, problems = _base(decided, task, hub)
    if card is None:
        return Outcome(diagnostics=problems)
    problems = (*problems, *_licence(card, decided, sops))
    ordered = sops.steps(task)
    if ordered.value is None:
        return Outcome(diagnostics=ordered.diagnostics)
    final, reopened = _recheck(decided, task, sops, ordered.value, card, filler)
    problems = (*problems, *reopened)
    if any(one.severity == "error" for one in problems):
        return Outcome(diagnostics=problems)
    labels = spec.labels or decided.observed.profile.labels or ()
    return Outcome(
        value=Pinned(
            decided=final,
            labels=tuple(labels),
            base=Base(id=card.id, sources=card.sources, licence=card.licence, card=card.facts),
            values={slot: final.decisions[slot].value for slot in task.slots},
        ),
        diagnostics=problems,
    )


def _place(decided: Decided) -> Span | None:
    return decided.observed.spec.document.place("/model/base")


def _base(decided: Decided, task: Task, hub: Hub) -> tuple[Card | None, tuple[Diagnostic, ...]]:
    chosen = str(decided.decisions["model.base"].value)
    if not chosen.startswith(HUB):
        return task.cards[chosen], ()
    name, _, revision = chosen.removeprefix(HUB).partition("@")
    outcome = hub.card(name, revision)
    return outcome.value, tuple(replace(one, span=_place(decided)) for one in outcome.diagnostics)


def _licence(card: Card, decided: Decided, sops: Sops) -> tuple[Diagnostic, ...]:
    use, rules = decided.observed.spec.use, sops.licences
    verdict = "allowed" if card.licence == NOT_ASKED else rules.judge(card.licence, use)
    if verdict == "allowed":
        return ()
    uses = ", ".join(f"`{one}`" for one in rules.uses(card.licence))
    if verdict == "unclear":
        message = f"the licence of `{card.id}`, `{card.licence}`, permits some uses only ({uses})"
        hint = "say under `use` what the model is for"
        return (Diagnostic(code="TS509", message=message, hint=hint, severity="warning", span=_place(decided)),)
    if verdict == "forbidden":
        message = f"the licence of `{card.id}`, `{card.licence}`, forbids the use `{use}`"
        hint = f"choose another base; it permits {uses}"
        return (Diagnostic(code="TS507", message=message, hint=hint, span=_place(decided)),)
    message = f"the licence of `{card.id}` is `{card.licence or 'not stated'}`, which is not allowed"
    hint = f"choose another base, or allow it in .trainerspec/sops/licences.yaml (allowed: {', '.join(rules.allowed)})"
    return (Diagnostic(code="TS507", message=message, hint=hint, span=_place(decided)),)


def _recheck(
    decided: Decided, task: Task, sops: Sops, steps: tuple[Step, ...], card: Card, filler: Filler
) -> tuple[Decided, tuple[Diagnostic, ...]]:
    spec = decided.observed.spec
    env: dict[str, Json] = {**visible_names(decided.observed, task), **policy(sops.licences, task, spec)}
    env.update(card_facts(card))
    decisions: dict[SlotPath, Decision] = {}
    problems: list[Diagnostic] = []
    for step in steps:
        one = decided.decisions[step.slot]
        if step.among is None:
            seen = {**env, **estimated(card, env)} if step.estimates else env
            now = slot_context(step, task.slots[step.slot], seen, ())
            late = step.estimates and card.id not in task.cards and one.author != "spec"
            if not late and not broken(step, {**now.env, "value": one.value}):
                pass
            elif one.author == "spec":
                problems += check_given(one.value, now, spec, task)
            else:
                outcome = filler.fill(now)
                problems += outcome.diagnostics
                one = decision(now, outcome.value) if outcome.value is not None else one
        decisions[step.slot] = one
        env[step.slot] = one.value
    return replace(decided, decisions=decisions), tuple(problems)
