"""What is not drafted, and why: the policy, texts that ask for no model, limits out of reach, tasks not supported."""

from dataclasses import dataclass
from typing import Literal

from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.fields.limits import limits
from trainerspec.drafting.fields.recognise import Candidate
from trainerspec.drafting.policy.refusals import Policy, Rule
from trainerspec.drafting.reading.pattern import reading_of
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.ir.draft import Category, Draft, Evidence, Reason

AUTHOR = "rules"
SURE_OF_QUESTION = 5.5
"""The score from which a text that reads like a question to somebody counts as a request for a task."""
HINT = 1.9
"""The score below which a text without data and without a word such as `model` asks for nothing."""
SURE = 4.5
"""The score from which cues alone show that a task is asked for."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the policy says against a text."""

    reasons: tuple[Reason, ...]
    rule: str
    """The first rule's text; empty when none applies."""
    sure: bool
    """Whether it stands whatever a classifier makes of the text."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Why a text asks for no model."""

    reason: Reason
    said: bool
    """Whether words ask for something else: advice, a text, a sum; else nothing that is known was found."""


def refusal(text: Text, rules: Policy) -> Refusal:
    """Apply the policy. What an organisation adds, what no data can tell and orders to the drafter are sure."""
    found = list(rules.refusals(text.folded))
    reasons = [_reason(rule, text.quote(*span)) for rule, span in found[:3]]
    sure = any(rule.own or rule.category != "unethical" for rule, _ in found)
    span = rules.injection.applies(reading_of(text.folded, rules.words))
    if span is not None:
        reasons.append(_reason(rules.injection, text.quote(*span)))
    rule = found[0][0].rule if found else ""
    return Refusal(reasons=tuple(reasons), rule=rule, sure=sure or span is not None)


def _reason(rule: Rule, quote: str) -> Reason:
    return Reason(code=rule.code, category=rule.category, message=f"{rule.rule} (rule `{rule.id}`)", quote=quote)


def no_request(findings: Findings, chosen: Candidate | None, text: Text, rules: Policy) -> Missing | None:
    """Say why a text asks for no model; None when it asks for one."""
    reading = reading_of(text.folded, rules.words)
    asks = bool(findings.reading.named("build"))
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
        reason = no_model(text, errand or advice or chat, unasked=chosen is None or not asks)
        return Missing(reason=reason, said=errand is not None or advice is not None)
    return None


def no_model(text: Text, span: Span | None = None, *, unasked: bool = True) -> Reason:
    """Say that no model is asked for, or, of one that is, that the request names no task."""
    message = "no model to train is asked for" if unasked else "the request names no task to train a model for"
    quote = text.quote(*span) if span else text.raw.strip()[:80].strip()
    return Reason(code="TS051", category="not-a-training-request", message=message, quote=quote)


def no_data(text: Text) -> Reason:
    """Say that no data tells what is wanted."""
    message = "it reads like something that no data tells, whatever the model"
    return Reason(code="TS040", category="fantastical", message=message, quote=text.raw.strip()[:80].strip())


def beyond(findings: Findings, chosen: Candidate, rules: Policy) -> Reason | None:
    """Find a stated limit that no model of the catalog can meet on that device."""
    for limit in limits(findings.pieces):
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


def impossible(why: str, quote: str) -> Reason:
    """Return the reason not to draft for a bound that no model can meet, with the arithmetic."""
    return Reason(code="TS044", category="unattainable", message=why, quote=quote)


def unsupported(findings: Findings, chosen: Candidate, supported: frozenset[str]) -> Draft:
    """Say that a task is known but not supported, and which one comes closest."""
    nearest = chosen.words.nearest if chosen.words.nearest in supported else ""
    hint = f"; the nearest task that is supported is `{nearest}`" if nearest else ""
    quote = findings.text.quote(*chosen.span)
    reason = Reason(
        code="TS052", category="unsupported", message=f"`{chosen.name}` is not supported{hint}", quote=quote
    )
    evidence = (
        Evidence(path="/task/type", status="inferred", quote=quote, why=f"this is how people ask for {chosen.name}"),
    )
    return _none("unsupported", chosen.name, evidence, (reason,))


def rejected(reasons: tuple[Reason, ...]) -> Draft:
    """Refuse, the gravest reason first."""
    order: tuple[Category, ...] = ("unethical", "fantastical", "unattainable", "unsupported", "not-a-training-request")
    return _none("rejected", None, (), tuple(sorted(reasons, key=lambda reason: order.index(reason.category))))


def _none(
    outcome: Literal["rejected", "unsupported"],
    task: str | None,
    evidence: tuple[Evidence, ...],
    reasons: tuple[Reason, ...],
) -> Draft:
    return Draft(
        outcome=outcome,
        task=task,
        spec=None,
        evidence=evidence,
        questions=(),
        reasons=reasons,
        author=AUTHOR,
        usage={},
    )
