"""The language mind: a model fills slots within the same SOPs, and the rules stand behind it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from string import Template

from trainerspec import assets
from trainerspec.agents.sop import Rules
from trainerspec.catalog.procedure import Rule
from trainerspec.catalog.reason import render
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Candidate
from trainerspec.ir.json import Json, JsonObject
from trainerspec.language import expression
from trainerspec.llm.ask import Answer, ask
from trainerspec.llm.model import Call, Message, Model
from trainerspec.passes.situation import Choice, Situation

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

    def fill(self, situation: Situation) -> Outcome[Choice]:
        """Choose a value with the model; where only one value is possible, or the model fails, by rule."""
        if settled(situation):
            return self._rules.fill(situation)
        call = question(situation, self._samples)

        def check(answer: JsonObject) -> Sequence[str]:
            return situation.complaints(answer["value"])

        answer = ask(self._model, call, check, tries=0 if self._trouble else self._tries)
        if not self._trouble and len(answer.attempts) < self._tries:
            self._trouble = answer.trouble
        if answer.value is not None:
            return Outcome(value=self._choice(answer.value, answer, situation))
        fallen_back = self._rules.fill(situation)
        if fallen_back.value is None:
            return fallen_back
        choice = fallen_back.value
        trouble = self._trouble or answer.trouble
        because = f"{choice.because} (the rule decided: {self.author} gave no usable answer: {trouble})"
        return Outcome(value=replace(choice, because=because, tried=(*choice.tried, *self._tried(answer))))

    def _choice(self, value: JsonObject, answer: Answer, situation: Situation) -> Choice:
        return Choice(
            value=value["value"],
            author=self.author,
            because=" ".join(str(value["because"]).split()),
            read=tuple(situation.with_value(value["value"])),
            tried=self._tried(answer),
        )

    def _tried(self, answer: Answer) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(value=one.text[:LONGEST_REASON], kept=False, because=f"{self.author}: {'; '.join(one.problems)}")
            for one in answer.attempts
        )


def settled(situation: Situation) -> bool:
    """Tell whether there is nothing to ask: one value is possible, or the one rule works the value out."""
    values, rules = possible(situation), situation.step.rules
    computed = len(rules) == 1 and rules[0].when is None and rules[0].compute is not None
    return computed or (values is not None and len(values) <= 1)


def possible(situation: Situation) -> Sequence[Json] | None:
    """Return the closed list of values, or None when the schema leaves it open."""
    if situation.step.among == "cards":
        return list(situation.cards)
    values = situation.slot.schema.get("enum")
    return values if isinstance(values, list) else None


def question(situation: Situation, samples: Sequence[str]) -> Call:
    """Write the question for one slot: SOP, observation and schema; data rows only for the data agent."""
    step, slot = situation.step, situation.slot
    values = possible(situation)
    schema = dict(slot.schema) if values is None else {"type": "string", "enum": list(values)}
    observation = {name: value for name, value in situation.env.items() if not name.startswith("policy.")}
    shown = samples if step.agent == "data" else ()
    prompt = Template((assets.folder("sops") / "prompts" / "fill.md").read_text(encoding="utf-8")).substitute(
        profile=step.profile,
        slot=slot.path,
        title=slot.title,
        description=slot.description,
        schema=json.dumps(schema),
        ask=step.ask,
        rules="\n".join(f"- {_rule(rule, situation)}" for rule in step.rules),
        must="; ".join(text for text, _ in step.must) or "its schema",
        candidates=_candidates(situation),
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


def _rule(rule: Rule, situation: Situation) -> str:
    when = "otherwise" if rule.when is None else f"when {expression.to_text(rule.when)}"
    if rule.rank is not None:
        then = f"the candidate with the {rule.rank[0]} {rule.rank[1]}"
    else:
        then = "the value told in the reason" if rule.compute is not None else json.dumps(rule.choose)
    return f"{when}: {then}, because {render(rule.because, situation.env)}"


def _candidates(situation: Situation) -> str:
    if situation.step.among is None:
        return ""
    lines = ["", "# Candidates"]
    for one in situation.candidates:
        facts = situation.cards.get(str(one.value), {})
        told = ", ".join(f"{name}={json.dumps(value)}" for name, value in facts.items() if name.startswith("card."))
        lines.append(f"- {one.value}: {told}" if one.kept else f"- {one.value}: cannot be taken, {one.because}")
    return "\n".join(lines) + "\n"
