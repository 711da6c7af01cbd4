"""Edits that a language model proposes, put into a draft one by one: what its quote does not bear is thrown out."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.drafting.assisting.proposal import ASKABLE, CHOICES, NO_REQUEST
from trainerspec.drafting.assisting.quoting import Words
from trainerspec.drafting.policy.refusals import Rule
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.text import fold
from trainerspec.ir.draft import Draft, Evidence, Question, Reason
from trainerspec.ir.json import JsonObject
from trainerspec.ir.source import Source
from trainerspec.language.expression import objective
from trainerspec.language.printer import print_spec
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate

Status = Literal["stated", "inferred"]
Fields = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Edited:
    """A draft after an answer, or what is wrong with the answer."""

    draft: Draft
    thrown: tuple[str, ...]
    """Edits that were thrown out, and why."""
    problems: tuple[str, ...]
    """What `check` says of the edited spec and did not say before."""


@dataclass(kw_only=True)
class Editor:
    """Edits one draft. `again` drafts the request for another task, within the same policy."""

    draft: Draft
    words: Words
    tasks: Mapping[str, Task]
    author: str
    again: Callable[[str], Draft]
    thrown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def edit(self, answer: JsonObject) -> Edited:
        """Apply every field that is not null."""
        fields: Fields = {name: value for name, value in answer.items() if value is not None}
        if "refuse" in fields and self._refuse(fields["refuse"]):
            return self._result()
        if "task" in fields:
            self._retask(fields["task"])
        if self.draft.spec is None:
            self.thrown += [f"`{name}`: there is no draft to edit" for name in fields.keys() - {"task", "refuse"}]
            return self._result()
        before = faults(self.draft.spec, self.tasks)
        sheet = Sheet(draft=self.draft, author=self.author)
        self._fill(sheet, fields)
        self.draft = sheet.done()
        assert self.draft.spec is not None
        self.problems += [
            told(one) for one in faults(self.draft.spec, self.tasks) if told(one) not in map(told, before)
        ]
        return self._result()

    def _result(self) -> Edited:
        return Edited(draft=self.draft, thrown=tuple(self.thrown), problems=tuple(self.problems))

    def _keep(self, name: str, edit: Fields, *values: str) -> bool:
        """Tell whether an edit is borne by its quote and writes only what the request says; note why it is not."""
        why = self.words.trouble(str(edit["quote"]))
        missing = next((f"`{one}` is not in the request" for one in values if one not in self.words.text), "")
        if why or missing:
            self.thrown.append(f"`{name}`: {why or missing}")
        return not (why or missing)

    def _refuse(self, edit: Fields) -> bool:
        if not self._keep("refuse", edit):
            return False
        quote = str(edit["quote"])
        rule = next((one for one in self.words.rules.rules if one.id == edit["rule"]), None)
        if rule is not None and rule.exempts(Reading(fold(self.words.text).folded, self.words.rules.words)):
            self.thrown.append(f"`refuse`: the policy lets this pass (rule `{rule.id}`)")
            return False
        reason = _refusal(rule, quote)
        self.draft = replace(
            self.draft, outcome="rejected", task=None, spec=None, evidence=(), questions=(), reasons=(reason,)
        )
        return True

    def _retask(self, edit: Fields) -> None:
        if edit["name"] == self.draft.task or not self._keep("task", edit):
            return
        made = self.again(str(edit["name"]))
        told = Evidence(path="/task/type", status="inferred", quote=str(edit["quote"]), why=f"read by {self.author}")
        if made.outcome != "rejected":
            evidence = tuple(told if one.path == "/task/type" else one for one in made.evidence)
            reasons = tuple(replace(one, quote=told.quote) for one in made.reasons)
            made = replace(made, evidence=evidence, reasons=reasons)
        self.draft = made

    def _fill(self, sheet: "Sheet", fields: Fields) -> None:
        if "source" in fields and self._keep("source", fields["source"], str(fields["source"]["value"])):
            one = fields["source"]
            sheet.set("/data/source", {one["kind"]: one["value"]}, "stated", one["quote"])
        for side in ("inputs", "outputs"):
            for one in fields.get(side, ()):
                self._column(sheet, side, one)
        if "labels" in fields and self._keep("labels", fields["labels"], *map(str, fields["labels"]["values"])):
            sheet.set("/task/labels", list(fields["labels"]["values"]), "stated", fields["labels"]["quote"])
        if "base" in fields and self._keep("base", fields["base"]):
            sheet.set("/model/base", fields["base"]["value"], "stated", fields["base"]["quote"])
        for name, slot in CHOICES.items():
            if name in fields and self._keep(name, fields[name]):
                sheet.set("/" + slot.replace(".", "/"), fields[name]["value"], "stated", fields[name]["quote"])
        self._objectives(sheet, fields)
        for one in fields.get("questions", ()):
            if str(one["path"]).startswith(ASKABLE):
                sheet.ask(str(one["path"]), str(one["question"]))
            else:
                self.thrown.append(f"`questions`: `{one['path']}` is no place to ask about: {', '.join(ASKABLE)}")

    def _column(self, sheet: "Sheet", side: str, one: Fields) -> None:
        roles = getattr(self.tasks.get(str(self.draft.task)), side, None)
        if roles is not None and one["role"] not in roles:
            self.problems.append(f"`{side}`: no role `{one['role']}`; the task has {', '.join(roles) or 'none'}")
        elif self._keep(side, one, str(one["column"])):
            sheet.set(f"/task/{side}/{one['role']}", one["column"], "stated", one["quote"])

    def _objectives(self, sheet: "Sheet", fields: Fields) -> None:
        task = self.tasks.get(str(self.draft.task))
        if task is None:
            return
        for one in fields.get("not_objectives", ()):
            if self._keep("not_objectives", one):
                sheet.drop(str(one["objective"]), str(one["quote"]))
        for one in fields.get("objectives", ()):
            found = objective(str(one["objective"]), task.metrics, task=task.name)
            if found.value is None:
                self.problems += [f"`{one['objective']}`: {told(each)}" for each in found.diagnostics]
            elif not self.words.bears(found.value, str(one["quote"])):
                self.thrown.append(f'`{one["objective"]}`: its number does not stand in "{one["quote"]}"')
            elif self._keep("objectives", one):
                key = (found.value.metric, found.value.op) if found.value.sense == "constrain" else ("", None)
                sheet.aim(found.value.text, key, str(one["quote"]), task)


@dataclass(kw_only=True)
class Sheet:
    """The parts of a draft while they are edited."""

    draft: Draft
    author: str
    spec: dict[str, Any] = field(init=False)
    evidence: dict[str, Evidence] = field(init=False)
    questions: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.spec = copy.deepcopy(dict(self.draft.spec or {}))
        self.evidence = {one.path: one for one in self.draft.evidence}
        self.questions = {one.path: one.question for one in self.draft.questions}

    def set(self, path: str, value: object, status: Status, quote: str) -> None:
        """Set a field, with its evidence; what was asked about it is answered."""
        *parents, last = path.strip("/").split("/")
        node = self.spec
        for one in parents:
            node = node.setdefault(one, {})
        node[last] = value
        self.evidence[path] = Evidence(path=path, status=status, quote=quote, why=f"read by {self.author}")
        self.questions.pop(path, None)

    def ask(self, path: str, question: str) -> None:
        """Ask; a question about the same place is put in these words."""
        self.questions[path] = " ".join(question.split())

    def aim(self, text: str, key: tuple[str, str | None], quote: str, task: Task) -> None:
        """Add an objective, in the place of one on the same metric with the same comparison, or of the other wish."""
        listed: list[str] = self.spec.setdefault("objectives", [])
        at = next((at for at, one in enumerate(listed) if _key(one, task) == key), len(listed))
        if at < len(listed) and listed[at] == text:
            return
        listed[at : at + 1] = [text]
        path = f"/objectives/{at}"
        self.evidence[path] = Evidence(path=path, status="stated", quote=quote, why=f"read by {self.author}")
        self.questions.pop(path, None)

    def drop(self, text: str, quote: str) -> None:
        """Leave an objective out and ask whether that is right: none vanishes unseen."""
        listed: list[str] = self.spec.get("objectives", [])
        if text not in listed:
            return
        at = listed.index(text)
        del listed[at]
        for here in range(at, len(listed) + 1):
            after = self.evidence.pop(f"/objectives/{here + 1}", None)
            self.evidence.pop(f"/objectives/{here}", None)
            if after is not None:
                self.evidence[f"/objectives/{here}"] = replace(after, path=f"/objectives/{here}")
        self.ask("/objectives", f'Is `{text}` no limit? It was left out because of "{quote}".')

    def done(self) -> Draft:
        """Return the draft."""
        if not self.spec.get("objectives", True):
            del self.spec["objectives"]
        self.spec.pop("questions", None)
        if self.questions:
            self.spec["questions"] = list(self.questions.values())
        asked = tuple(Question(path=path, question=text) for path, text in self.questions.items())
        evidence = tuple(self.evidence.values())
        return replace(self.draft, spec=cast(JsonObject, self.spec), evidence=evidence, questions=asked)


def _key(text: str, task: Task) -> tuple[str, str | None]:
    found = objective(text, task.metrics).value
    return (found.metric, found.op) if found is not None and found.sense == "constrain" else ("", None)


def _refusal(rule: Rule | None, quote: str) -> Reason:
    if rule is None:
        message = f"no model to train is asked for (rule `{NO_REQUEST}`)"
        return Reason(code="TS051", category="not-a-training-request", message=message, quote=quote)
    return Reason(code=rule.code, category=rule.category, message=f"{rule.rule} (rule `{rule.id}`)", quote=quote)


def faults(spec: JsonObject, tasks: Mapping[str, Task]) -> tuple[Diagnostic, ...]:
    """Check a spec as `trainerspec check` does; gives the errors."""
    read = parse(Source(name="trainer.yaml", text=print_spec(spec)))
    found = read.diagnostics if read.value is None else validate(read.value, tasks).diagnostics
    return tuple(_errors(found))


def _errors(found: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    return (one for one in found if one.severity == "error")


def told(one: Diagnostic) -> str:
    """Write a diagnostic in one line.

    >>> told(Diagnostic(code="TS204", message="unknown metric `acuracy`", hint="did you mean `accuracy`?"))
    'TS204 unknown metric `acuracy` (did you mean `accuracy`?)'
    """
    return f"{one.code} {one.message}{f' ({one.hint})' if one.hint else ''}"
