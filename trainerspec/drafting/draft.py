"""The pass `draft`: a request becomes a draft, or a reasoned refusal."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing import compose as composing
from trainerspec.drafting.data import infer
from trainerspec.drafting.fields.findings import Findings, read
from trainerspec.drafting.fields.limits import limits, pieces
from trainerspec.drafting.fields.recognise import Candidate
from trainerspec.drafting.policy.refusals import Policy, Rule, policy
from trainerspec.drafting.reading.numbers import figures
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.text import Text, fold
from trainerspec.drafting.reading.vocabulary import TaskWords, Vocabulary, vocabulary
from trainerspec.ir.draft import Category, Draft, Evidence, Question, Reason, Request
from trainerspec.ir.json import JsonObject

if TYPE_CHECKING:
    from trainerspec.workspace.inspect_data import Look

AUTHOR = "rules"
SURE_OF_QUESTION = 5.5
"""The same for a text that reads like a question to somebody."""
HINT = 1.9
"""The score below which a text without data and without a word such as `model` asks for nothing."""
SURE = 4.5
"""The score from which cues alone show that a task is asked for."""


def draft(
    request: Request,
    tasks: Mapping[str, Task],
    *,
    known: frozenset[str] = frozenset(),
    organisation: Path | None = None,
    folder: Path | None = None,
    task: str = "",
) -> Draft:
    """Draft a spec for one of the `tasks`, or of those that are only `known` by name.

    `organisation` is the folder of an organisation's own policy (`.trainerspec/sops`). Paths of data are looked at
    below `folder`; nothing is looked at when it is None. `task` says which task is meant, where somebody else knows.
    """
    rules, words = policy_of(organisation), words_of(tasks)
    plain = figures(fold(request.text), words)
    refused = _refused(plain, rules)
    if refused:
        return _rejected(refused)
    findings = read(request.text, words)
    looked, problem = _look(request, findings, folder)
    if looked is not None:
        findings = read(request.text, words, {infer.medium(looked): infer.EVIDENCE})
    supported = frozenset(tasks) | known
    chosen = _given(task, findings, words) if task else _choose(findings, supported, words)
    missing = None if task else _no_request(findings, chosen, plain, rules, words)
    if missing:
        return _rejected((missing,))
    assert chosen is not None
    if chosen.name not in supported:
        return _unsupported(findings, chosen, supported)
    beyond = _beyond(findings, chosen, rules, words)
    if beyond:
        return _rejected((beyond,))
    contract = tasks.get(chosen.name)
    sheet = composing.compose(findings, chosen, contract, words)
    if request.data is not None:
        infer.keep(sheet, request.data)
    if problem:
        infer.unread(sheet, problem)
    if looked is not None and contract is not None:
        before, after = composing.roles(chosen.name, contract, words)
        infer.fill(sheet, looked, contract, after, before)
    return _made("draft", chosen.name, composing.plain(sheet), tuple(sheet.evidence), tuple(sheet.questions), ())


def policy_of(organisation: Path | None) -> Policy:
    """Load the policy that ships, with the rules of an organisation's folder of SOPs."""
    return policy(organisation / "task" / "refusals.yaml" if organisation else None)


def words_of(tasks: Mapping[str, Task]) -> Vocabulary:
    """Load the vocabulary, with the hints of the tasks."""
    hints = {name: {"answers": gives(task), **task.hints} for name, task in tasks.items() if task.hints}
    return vocabulary(json.dumps(hints, sort_keys=True) if hints else "")


def gives(task: Task) -> str:
    """Say what a task gives, in the words of grammar/vocabulary/tasks.yaml."""
    words = {"label": "class", "spans": "spans", "number": "value", "box": "box", "image": "picture"}
    return next((words[port.kind] for port in task.contract.answer if port.kind in words), "")


def _look(request: Request, findings: Findings, folder: Path | None) -> tuple["Look | None", str]:
    """Look at the data that `--data` or the request names, if it is here."""
    stated = next((place.value for place in findings.places if place.kind == "path"), None)
    place = request.data if request.data is not None else stated
    if folder is None or place is None or "://" in place:
        return None, ""
    if request.data is None and not (folder / place).exists():
        return None, ""
    return infer.seen(place, folder)


def _refused(text: Text, rules: Policy) -> tuple[Reason, ...]:
    found = list(rules.refusals(text.folded))
    reasons = [_reason(rule, text.quote(*span)) for rule, span in found[:3]]
    span = rules.injection.applies(Reading(text.folded, rules.words))
    if span is not None:
        reasons.append(_reason(rules.injection, text.quote(*span)))
    return tuple(reasons)


def _reason(rule: Rule, quote: str) -> Reason:
    return Reason(code=rule.code, category=rule.category, message=f"{rule.rule} (rule `{rule.id}`)", quote=quote)


def _given(task: str, findings: Findings, words: Vocabulary) -> Candidate:
    """Make a candidate of a task that somebody else chose; the request's own cues for it are kept."""
    found = next((one for one in findings.candidates if one.name == task), None)
    known = (one for one in words.tasks if one.name == task)
    return found or Candidate(
        words=next(known, TaskWords(name=task, nearest="", medium="", cues=())), score=SURE, span=(0, 0)
    )


def _choose(findings: Findings, supported: frozenset[str], words: Vocabulary) -> Candidate | None:
    """Take the best candidate; where nothing but data is named, the task that its kind suggests."""
    if findings.candidates:
        best = findings.candidates[0]
        near = [one for one in findings.candidates if one.score >= best.score and one.name in supported]
        return near[0] if near else best
    named = next(iter(findings.media), "")
    classify = findings.reading.named("classify")
    place = next((one for one in findings.places if one.kind != "name"), None)
    task = next((one for one in words.tasks if "named" in one.default and one.medium == named), None)
    if task is None and classify:
        task = next((one for one in words.tasks if "sorted" in one.default), None)
    if task is None or place is None:
        return None
    return Candidate(
        words=task,
        score=SURE,
        span=classify[0] if classify else place.span,
    )


def _no_request(
    findings: Findings, chosen: Candidate | None, text: Text, rules: Policy, words: Vocabulary
) -> Reason | None:
    """Say why a text asks for no model; None when it asks for one."""
    reading = Reading(text.folded, rules.words)
    asks = bool(findings.reading.named("build"))
    quote = text.raw.strip()[:80].strip()
    strong = chosen is not None and chosen.score >= SURE
    chat = rules.chat.first(reading) if chosen is None or chosen.score < SURE_OF_QUESTION else None
    advice = rules.advice.first(reading) if not strong else None
    errand = rules.errand.first(reading) if not asks and not findings.places else None
    hinted = chosen is not None and (chosen.score >= HINT or asks or bool(findings.places))
    if (
        chosen is None
        or not hinted
        or errand is not None
        or advice is not None
        or (chat is not None and not findings.places and not asks)
    ):
        span = errand or advice or chat
        message = (
            "no model to train is asked for"
            if chosen is None or not asks
            else "the request names no task to train a model for"
        )
        return Reason(
            code="TS051", category="not-a-training-request", message=message, quote=text.quote(*span) if span else quote
        )
    return None


def _beyond(findings: Findings, chosen: Candidate, rules: Policy, words: Vocabulary) -> Reason | None:
    """Find a stated limit that no model of the catalog can meet on that device."""
    for limit in limits(pieces(findings.reading, words)):
        kind = {"time": "latency", "size": "size"}.get(limit.amount.unit, "")
        named = {metric.name for metric in limit.metrics}
        if not kind or "train.time" in named or (limit.amount.unit == "time" and limit.amount.factor > 1):
            continue
        table = rules.floors[kind]
        floors = table.get(chosen.name, table["any"])
        floor = floors.get(limit.device or "any", floors["any"])
        if limit.amount.number * limit.amount.factor < floor and (limit.op or limit.device or named):
            message = f"no model for {chosen.name} gets below {floor:g} {'s' if kind == 'latency' else 'bytes'}"
            return Reason(
                code="TS044", category="unattainable", message=message, quote=findings.text.quote(*limit.span)
            )
    return None


def _unsupported(findings: Findings, chosen: Candidate, supported: frozenset[str]) -> Draft:
    nearest = chosen.words.nearest if chosen.words.nearest in supported else ""
    hint = f"; the nearest task that is supported is `{nearest}`" if nearest else ""
    quote = findings.text.quote(*chosen.span)
    reason = Reason(
        code="TS052", category="unsupported", message=f"`{chosen.name}` is not supported{hint}", quote=quote
    )
    evidence = (
        Evidence(path="/task/type", status="inferred", quote=quote, why=f"this is how people ask for {chosen.name}"),
    )
    return _made("unsupported", chosen.name, None, evidence, (), (reason,))


def _rejected(reasons: tuple[Reason, ...]) -> Draft:
    order: tuple[Category, ...] = ("unethical", "fantastical", "unattainable", "unsupported", "not-a-training-request")
    return _made(
        "rejected", None, None, (), (), tuple(sorted(reasons, key=lambda reason: order.index(reason.category)))
    )


def _made(
    outcome: str,
    task: str | None,
    spec: JsonObject | None,
    evidence: tuple[Evidence, ...],
    questions: tuple[Question, ...],
    reasons: tuple[Reason, ...],
) -> Draft:
    return Draft(
        outcome=outcome,  # type: ignore[arg-type]
        task=task,
        spec=spec,
        evidence=evidence,
        questions=questions,
        reasons=reasons,
        author=AUTHOR,
        usage={},
    )
