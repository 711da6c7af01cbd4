"""A language model fills slots within the same SOPs; the rules stand behind it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from string import Template

from trainerspec import assets
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Candidate
from trainerspec.ir.json import Json, JsonObject
from trainerspec.language import expression
from trainerspec.llm.ask import Answer, ask
from trainerspec.llm.model import Call, Message, Model
from trainerspec.procedures.procedure import Rule
from trainerspec.procedures.reason import render
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Choice, SlotContext

LONGEST_REASON = 400


class Language:
    """Fills slots by asking a language model; after `tries` bad answers the rule decides, and says so."""

    def __init__(self, model: Model, *, tries: int = 3, samples: Sequence[str] = ()) -> None:
        """Take a model; `samples` are data rows that may be sent (none unless somebody asked for it)."""
        self._model = model
        self._tries = tries
        self._samples = tuple(samples)
        self._rules = Rules()
        self._trouble = ""
        """Why the model is not asked any more: it was not available, or a cap is reached."""

    @property
    def author(self) -> str:
        """Name who decides."""
        return f"openai:{self._model.name}"

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        """Choose a value with the model; where only one value is possible, or the model fails, by rule."""
        if settled(context):
            return self._rules.fill(context)
        call = question(context, self._samples)

        def check(answer: JsonObject) -> Sequence[str]:
            return context.complaints(answer["value"])

        answer = ask(self._model, call, check, tries=0 if self._trouble else self._tries)
        if not self._trouble and len(answer.attempts) < self._tries:
            self._trouble = answer.trouble
        if answer.value is not None:
            return Outcome(value=self._choice(answer.value, answer, context))
        fallen_back = self._rules.fill(context)
        if fallen_back.value is None:
            return fallen_back
        choice = fallen_back.value
        trouble = self._trouble or answer.trouble
        because = f"{choice.because} (the rule decided: {self.author} gave no usable answer: {trouble})"
        return Outcome(value=replace(choice, because=because, tried=(*choice.tried, *self._tried(answer))))

    def _choice(self, value: JsonObject, answer: Answer, context: SlotContext) -> Choice:
        return Choice(
            value=value["value"],
            author=self.author,
            because=" ".join(str(value["because"]).split()),
            read=tuple(context.with_value(value["value"])),
            tried=self._tried(answer),
        )

    def _tried(self, answer: Answer) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(value=one.text[:LONGEST_REASON], kept=False, because=f"{self.author}: {'; '.join(one.problems)}")
            for one in answer.attempts
        )


def settled(context: SlotContext) -> bool:
    """Tell whether there is nothing to ask: one value is possible, or the one rule works the value out."""
    values, rules = possible(context), context.step.rules
    computed = len(rules) == 1 and rules[0].when is None and rules[0].compute is not None
    return computed or (values is not None and len(values) <= 1)


def possible(context: SlotContext) -> Sequence[Json] | None:
    """Return the closed list of values, or None when the schema leaves it open."""
    if context.step.among == "cards":
        return list(context.cards)
    values = context.slot.schema.get("enum")
    return values if isinstance(values, list) else None


def question(context: SlotContext, samples: Sequence[str]) -> Call:
    """Write the question for one slot: SOP, observation and schema; data rows only for the data agent."""
    step, slot = context.step, context.slot
    values = possible(context)
    schema = dict(slot.schema) if values is None else {"type": "string", "enum": list(values)}
    observation = {name: value for name, value in context.env.items() if not name.startswith("policy.")}
    shown = samples if step.agent == "data" else ()
    prompt = Template((assets.folder("sops") / "prompts" / "fill.md").read_text(encoding="utf-8")).substitute(
        profile=step.profile,
        slot=slot.path,
        title=slot.title,
        description=slot.description,
        schema=json.dumps(schema),
        ask=step.ask,
        rules="\n".join(f"- {_rule(rule, context)}" for rule in step.rules),
        must="; ".join(text for text, _ in step.must) or "its schema",
        candidates=_candidates(context),
        observation="\n".join(f"- {name}: {json.dumps(value)}" for name, value in sorted(observation.items())),
        samples="# Examples of the data\n" + "\n".join(f"- {json.dumps(one)}" for one in shown) if shown else "",
    )
    answer: dict[str, Json] = {
        "type": "object",
        "properties": {"value": schema, "because": {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}},
        "required": ["value", "because"],
        "additionalProperties": False,
    }
    return Call(messages=(Message(role="user", content=prompt.strip() + "\n"),), schema=answer, title="fill")


def _rule(rule: Rule, context: SlotContext) -> str:
    when = "otherwise" if rule.when is None else f"when {expression.to_text(rule.when)}"
    if rule.rank is not None:
        then = f"the candidate with the {rule.rank[0]} {rule.rank[1]}"
    else:
        then = "the value told in the reason" if rule.compute is not None else json.dumps(rule.choose)
    return f"{when}: {then}, because {render(rule.because, context.env)}"


def _candidates(context: SlotContext) -> str:
    if context.step.among is None:
        return ""
    lines = ["", "# Candidates"]
    for one in context.candidates:
        facts = context.cards.get(str(one.value), {})
        told = ", ".join(f"{name}={json.dumps(value)}" for name, value in facts.items() if name.startswith("card."))
        lines.append(f"- {one.value}: {told}" if one.kept else f"- {one.value}: cannot be taken, {one.because}")
    return "\n".join(lines) + "\n"
