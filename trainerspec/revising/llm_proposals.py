"""A language model proposes new values of slots to `revise`, held to what the rules are held to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from trainerspec import assets
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath
from trainerspec.language import expression
from trainerspec.llm.ask import ask
from trainerspec.llm.model import Call, Message, Model
from trainerspec.procedures.procedure import Proposal
from trainerspec.revising.revision import OPEN, Case, Change, Faults, Revision
from trainerspec.revising.search import concerns


@dataclass(frozen=True, kw_only=True)
class Counsel:
    """What a language model proposed; without a revision, why there is none."""

    revision: Revision | None
    advice: tuple[str, ...] = ()
    trouble: str = ""


def llm_proposals(case: Case, model: Model, faults: Faults, *, tries: int = 3) -> Counsel:
    """Ask for new values of slots; what is not allowed, was tried or cannot be built goes back as diagnostics."""

    def check(answer: JsonObject) -> Sequence[str]:
        slots = dict(_proposed(answer))
        return tuple(_forbidden(case, slots)) or (tuple(faults(slots)) if slots else ())

    answer = ask(model, question(case), check, tries=tries)
    author = f"openai:{model.name}"
    if answer.value is None:
        return Counsel(revision=None, trouble=f"{author} gave no usable answer: {answer.trouble}")
    told = answer.value.get("advice")
    advice = (" ".join(str(told).split()),) if told else ()
    changes = tuple(_changes(case, answer.value, author))
    if not changes:
        return Counsel(revision=None, advice=advice, trouble=f"{author} proposes nothing")
    return Counsel(revision=Revision(changes=changes, missed=case.missed(case.now), advice=advice, author=author))


def _proposed(answer: JsonObject) -> Iterator[tuple[SlotPath, Json]]:
    """Return the slots that an answer sets."""
    for slot, one in answer.items():
        if isinstance(one, Mapping):
            yield slot, one["value"]


def _forbidden(case: Case, slots: Mapping[SlotPath, Json]) -> Iterator[str]:
    """Say what may not be proposed: a value that is there already, that a person stated, or that was tried."""
    now, free = case.now.slots, overridable(case)
    for slot, value in slots.items():
        if value == now[slot] or (value != OPEN and value == case.values[slot]):
            yield f"`{slot}` is {json.dumps(value)} already"
        elif case.stated(slot) and slot not in free:
            yield f"`{slot}` was stated by a person; leave it"
    base = slots.get("model.base")
    if isinstance(base, str) and base != OPEN:
        card = case.task.cards.get(base)
        if card is None:
            yield f"`model.base`: the catalog has {', '.join(case.task.cards)}"
        elif case.sops.licences.judge(card.licence, case.spec.use) != "allowed":
            yield f"`model.base`: the licence {card.licence} of `{base}` is not allowed"
    tried = [now, *(one.slots for one in case.history if one.data == case.data)]
    if slots and {**now, **slots} in tried:
        yield "these values were tried before"


def overridable(case: Case) -> frozenset[SlotPath]:
    """Return the slots that some step may change although a person wrote them."""
    steps = case.sops.proposals(case.task)
    return frozenset(slot for one in steps if one.override for slot in one.propose)


def _changes(case: Case, answer: JsonObject, author: str) -> Iterator[Change]:
    for slot, value in _proposed(answer):
        told: Any = answer[slot]
        because = " ".join(str(told["because"]).split())
        overrides = case.stated(slot)
        yield Change(slot=slot, old=case.values.get(slot), new=value, because=because, sop=author, overrides=overrides)


def question(case: Case) -> Call:
    """Write the question: what is missed, every slot with its value, what was measured, tried and usually helps."""
    prompt = Template((assets.folder("sops") / "prompts" / "revise.md").read_text(encoding="utf-8"))
    free = overridable(case)
    slots = [
        f"- `{path}`: {slot.title}. {json.dumps(slot.schema)} now {json.dumps(case.values[path])}"
        for path, slot in case.task.slots.items()
        if path in case.values
    ]
    names = {**case.names, **case.evidence.names}
    content = prompt.substitute(
        profile="\n".join(one.profile for one in case.sops.by_id.values() if one.proposals and one.profile),
        task=f"{case.task.title}: {', '.join(one.text for one in case.spec.objectives) or 'no objectives'}",
        missed="\n".join(f"- {line}" for line in _missed(case)),
        slots="\n".join(slots),
        stated=", ".join(f"`{slot}`" for slot in case.task.slots if case.stated(slot) and slot not in free) or "none",
        names="\n".join(f"- {name}: {json.dumps(value)}" for name, value in sorted(names.items())),
        history="\n".join(f"- {line}" for line in _history(case)) or "- nothing",
        procedure="\n".join(f"- {line}" for line in _procedure(case)),
    )
    return Call(messages=(Message(role="user", content=content.strip() + "\n"),), schema=schema(case), title="revise")


def schema(case: Case) -> JsonObject:
    """Return the JSON Schema of an answer: each slot null, or a value of its own schema with the reason."""
    because: Json = {"type": "string", "minLength": 1}
    fields: dict[str, Json] = {}
    for path, slot in case.task.slots.items():
        value: Json = {"anyOf": [{"type": "string", "enum": [OPEN]}, dict(slot.schema)]}
        one: Json = {
            "type": "object",
            "properties": {"value": value, "because": because},
            "required": ["value", "because"],
            "additionalProperties": False,
        }
        fields[path] = {"anyOf": [{"type": "null"}, one]}
    fields["advice"] = {"anyOf": [{"type": "null"}, because]}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _missed(case: Case) -> Iterator[str]:
    failed = case.evidence.failure
    if failed is not None:
        yield f"the stage `{failed.stage}` failed: {failed.code} {failed.message}"
    for one in case.missed(case.now):
        yield f"`{one.objective.text}` is not met: measured {one.value:g}, bound {one.objective.bound:g}"
    if case.evidence.verdict:
        yield f"the gate's verdict of an earlier look: {case.evidence.verdict}"


def _history(case: Case) -> Iterator[str]:
    """Write each earlier round: the slots that trainer.yaml set, and what came of them."""
    for one in case.history:
        if one.data == case.data and one.slots != case.now.slots:
            slots = {slot: value for slot, value in one.slots.items() if value != OPEN}
            came = {"failed": list(one.failed)} if one.failed else {"measured": _plain(one.measured)}
            yield json.dumps({"slots": slots, **came}, sort_keys=True)


def _plain(measured: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in measured.items() if not name.endswith((".low", ".high"))}


def _procedure(case: Case) -> Iterator[str]:
    now = case.now
    missed = [one.objective.metric for one in case.missed(now)]
    for step in case.sops.proposals(case.task):
        quality = [(metric, metric in now.quality) for metric in missed]
        if not any(event in now.failed or any(concerns(*one, event) for one in quality) for event in step.on):
            continue
        yield f"{_when(step)}: {step.advise or ', '.join(f'{slot} {_value(step, slot)}' for slot in step.propose)}"


def _when(step: Proposal) -> str:
    when = f" when {expression.to_text(step.when)}" if step.when is not None else ""
    return f"on {' or '.join(step.on)}{when}"


def _value(step: Proposal, slot: SlotPath) -> str:
    rule = step.propose[slot]
    if rule.rank is not None:
        return f"-> the {rule.rank[0]} {rule.rank[1]}"
    return "-> worked out" if rule.compute is not None else f"-> {json.dumps(rule.choose)}"
