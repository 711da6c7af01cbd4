"""A language model assists the drafter: it corrects the embedded draft, and cannot undo what the rules refuse."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template

from trainerspec import assets
from trainerspec.catalog.model import Task
from trainerspec.drafting.assisting.edits import Edited, Editor
from trainerspec.drafting.assisting.proposal import MOST_QUESTIONS, NO_REQUEST, schema
from trainerspec.drafting.assisting.quoting import Words
from trainerspec.drafting.draft import draft, policy_of, words_of
from trainerspec.ir.draft import Draft, Request
from trainerspec.ir.json import Json, JsonObject
from trainerspec.llm.ask import Answer, ask
from trainerspec.llm.model import Call, Message, Model

SOFT = ("TS051", "TS052")
"""Refusals that only say that the rules did not understand: a model may know better."""


@dataclass(frozen=True, kw_only=True)
class Drafter:
    """Drafts with a language model, the rules before and behind it."""

    tasks: Mapping[str, Task]
    model: Model
    organisation: Path | None = None
    """The folder of an organisation's own policy."""
    folder: Path | None = None
    """Where paths of data are looked at."""
    tries: int = 3
    seconds: float = 60.0
    """For one answer."""

    @property
    def author(self) -> str:
        """Name who edits."""
        return f"openai:{self.model.name}"

    def draft(self, request: Request) -> Draft:
        """Draft by rule, then let the model edit; the embedded draft stands where it has no usable answer."""
        embedded = self._by_rule(request)
        if embedded.outcome != "draft" and any(one.code not in SOFT for one in embedded.reasons):
            return embedded
        words = Words(text=request.text, vocabulary=words_of(self.tasks), rules=policy_of(self.organisation))
        call = question(request, embedded, self.tasks, words)
        log = _Log(edited=None)

        def check(answer: JsonObject) -> Sequence[str]:
            log.edited = self._editor(request, embedded, words).edit(answer)
            log.thrown += log.edited.thrown
            return log.edited.problems

        answer = ask(self.model, call, check, tries=self.tries, seconds=self.seconds)
        usage = _usage(answer, log.thrown)
        if answer.value is None or log.edited is None:
            return replace(embedded, usage={**usage, "fallback": answer.trouble})
        return replace(log.edited.draft, author=self.author, usage=usage)

    def _by_rule(self, request: Request, task: str = "") -> Draft:
        return draft(request, self.tasks, organisation=self.organisation, folder=self.folder, task=task)

    def _editor(self, request: Request, embedded: Draft, words: Words) -> Editor:
        return Editor(
            draft=embedded,
            words=words,
            tasks=self.tasks,
            author=self.author,
            again=lambda task: self._by_rule(request, task),
        )


@dataclass(kw_only=True)
class _Log:
    edited: Edited | None
    thrown: list[str] = field(default_factory=list)


def _usage(answer: Answer, thrown: Sequence[str]) -> dict[str, Json]:
    used = answer.usage
    counted: dict[str, Json] = {
        "answers": len(answer.attempts) + (answer.value is not None),
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "seconds": round(used.seconds, 3),
        "cost": used.cost,
    }
    return {**counted, "thrown_out": list(dict.fromkeys(thrown))} if thrown else counted


def question(request: Request, embedded: Draft, tasks: Mapping[str, Task], words: Words) -> Call:
    """Write the question: the request as data, the embedded draft, the tasks and the rules."""
    prompt = Template((assets.folder("sops") / "prompts" / "draft.md").read_text(encoding="utf-8"))
    known = (one.name for one in words.vocabulary.tasks if one.name not in tasks)
    content = prompt.substitute(
        most=MOST_QUESTIONS,
        request=json.dumps(request.text, ensure_ascii=False),
        draft=json.dumps(_shown(embedded), ensure_ascii=False),
        tasks="\n".join(f"- {about(one)}" for one in tasks.values()),
        unsupported=", ".join(sorted(known)),
        rules="\n".join(
            [*(f"- {one.id}: {one.rule}" for one in words.rules.rules), f"- {NO_REQUEST}: no model is wanted"]
        ),
    )
    answer = schema(tasks, words.vocabulary, words.rules)
    return Call(messages=(Message(role="user", content=content.strip() + "\n"),), schema=answer, title="draft")


def about(task: Task) -> str:
    """Describe a task in a line: its roles and the metrics that it measures."""
    inputs, outputs = ", ".join(task.inputs) or "any columns", ", ".join(task.outputs)
    return f"{task.name}: inputs {inputs}; outputs {outputs}; metrics {', '.join(task.metrics)}"


def _shown(embedded: Draft) -> JsonObject:
    spec = {key: value for key, value in (embedded.spec or {}).items() if key not in ("request", "questions")}
    asked: list[Json] = [f"{one.path}: {one.question}" for one in embedded.questions]
    reasons: list[Json] = [one.message for one in embedded.reasons]
    return {"outcome": embedded.outcome, "task": embedded.task, "spec": spec, "questions": asked, "reasons": reasons}
