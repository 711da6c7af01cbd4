"""Spec -> Spec: of two classes, which one `recall`, `precision` and the like count; asks where nothing says so."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.source import Span
from trainerspec.ir.spec import Objective, Positive, Spec
from trainerspec.language.expression import objective, of_class
from trainerspec.language.suggest import closest

WANTED = frozenset(
    (
        *("yes", "true", "positive", "pos", "ja", "oui", "si", "sí", "да"),
        *("fraud", "fraudulent", "scam", "spam", "phishing", "malware", "malicious", "attack", "intrusion", "leak"),
        *("churn", "churned", "defaulted", "sick", "ill", "disease", "diseased", "infected", "malignant", "cancer"),
        *("anomaly", "anomalous", "abnormal", "outlier", "defect", "defective", "faulty", "damaged"),
        *("toxic", "hate", "hateful", "abuse", "abusive", "offensive"),
    )
)
"""Words for what people look for, and not for its absence."""
CODES = {"1": "0", "y": "n", "t": "f", "+": "-"}
"""Short words that say so only beside the other of their pair."""
NEGATIONS = ("not", "no", "non", "nicht", "kein", "pas", "sin")


def positive(
    spec: Spec, task: Task, labels: tuple[str, ...] | None, before: Mapping[str, str] | None = None
) -> Outcome[Spec]:
    """Settle the positive class, and of which class each objective is.

    In this order: `task.options.positive`; the class of the objectives, when they name one (`recall.fraud`); what the
    last build took (`before`: metric to class), so that a spec keeps its meaning; a word for what is looked for beside
    one that is none. Where none of these tells and an objective depends on it, TS222 asks, with both candidates.
    Fails with TS222 and TS204 (an objective, or the option, of a class that there is not).
    """
    if task.labels != "required" or not labels:
        return Outcome(value=spec)
    problems = [*_strangers(spec, task, labels), *_option(spec, labels)]
    if problems:
        return Outcome(diagnostics=tuple(problems))
    stated = spec.options.get("positive")
    bare = [one for one in spec.objectives if not one.label and task.metrics[one.metric].binary]
    if len(labels) != 2 and not isinstance(stated, str):
        return Outcome(value=spec)
    found, kept = _decide(spec, labels, bare, before or {})
    if found is None:
        return Outcome(diagnostics=tuple(_ask(spec, task, one, labels) for one in bare))
    told = tuple(_warn(spec, task, one, found, labels) for one in bare) if kept else ()
    return Outcome(value=settled(spec, task, found), diagnostics=told)


def settled(spec: Spec, task: Task, found: Positive | None) -> Spec:
    """Return the spec with its positive class: objectives on a metric that counts one class name it from here on."""
    if found is None:
        return spec

    def counted(one: Objective) -> Objective:
        if one.label or not task.metrics[one.metric].binary:
            return one
        return replace(one, metric=of_class(one.metric, found.label), family=one.metric, label=found.label)

    return replace(spec, positive=found, objectives=tuple(map(counted, spec.objectives)))


def _decide(
    spec: Spec, labels: tuple[str, ...], bare: list[Objective], before: Mapping[str, str]
) -> tuple[Positive | None, bool]:
    """Return the positive class, and whether it is only what the last build took; None when nobody can tell."""
    stated = spec.options.get("positive")
    if isinstance(stated, str):
        return Positive(label=stated, because="stated under `task.options`"), False
    named = {one.label for one in spec.objectives if one.label}
    if len(named) == 1:
        text = next(one.text for one in spec.objectives if one.label)
        return Positive(label=named.pop(), because=f"the objective `{text}` names it"), False
    word = by_words(labels)
    taken = {before[one.metric] for one in bare if one.metric in before} & {*labels}
    if len(taken) == 1 and (word is None or taken != {word.label}):
        return Positive(label=taken.pop(), because="the last build took it, and nothing states it"), True
    if word is not None:
        return word, False
    if bare:
        return None, False
    last = "the last of the two, for no objective asks for one and no word tells"
    return Positive(label=labels[-1], because=last), False


def by_words(labels: tuple[str, ...]) -> Positive | None:
    """Return the class whose word says that it is looked for, beside one that is no such word.

    >>> by_words(("fraud", "legit")).label, by_words(("not spam", "spam")).label, by_words(("0", "1")).label
    ('fraud', 'spam', '1')
    >>> by_words(("cat", "dog")) is None, by_words(("1", "2")) is None
    (True, True)
    """
    one, other = labels
    pairs = ((one, other), (other, one))
    for label, rest in pairs:
        if _negates(rest, label):
            return Positive(label=label, because=f"`{rest}` is its absence")
    said = [(label, rest) for label, rest in pairs if _word(label) in WANTED]
    if len(said) == 1:
        label, rest = said[0]
        return Positive(label=label, because=f"it is a word for what is looked for, and `{rest}` is none")
    for label, rest in pairs:
        if CODES.get(_word(label)) == _word(rest):
            return Positive(label=label, because=f"`{label}` beside `{rest}` stands for yes")
    return None


def _word(label: str) -> str:
    return label.strip().casefold()


def _negates(label: str, other: str) -> bool:
    """Tell whether a label is the absence of another: `not spam`, `non-smoker`, `no_fire`."""
    beginning = "|".join(NEGATIONS)
    rest = re.sub(rf"^(?:{beginning})[\s_-]+", "", _word(label))
    return rest != _word(label) and rest == _word(other)


def _strangers(spec: Spec, task: Task, labels: tuple[str, ...]) -> Iterator[Diagnostic]:
    for one in spec.objectives:
        if one.label and one.label not in labels:
            near = closest(one.label, labels)
            hint = (
                f"did you mean `{of_class(one.family, near)}`? " if near else ""
            ) + f"the classes are {_few(labels)}"
            message = f"`{one.family}` has no class `{one.label}`"
            yield Diagnostic(code="TS204", message=message, hint=hint, span=written_at(spec, task, one))


def _option(spec: Spec, labels: tuple[str, ...]) -> Iterator[Diagnostic]:
    stated = spec.options.get("positive")
    if isinstance(stated, str) and stated not in labels:
        near = closest(stated, labels)
        hint = f"did you mean `{near}`?" if near else f"the classes are {_few(labels)}"
        span = spec.document.place("/task/options/positive")
        yield Diagnostic(code="TS222", message=f"there is no class `{stated}`", hint=hint, span=span)


def _ask(spec: Spec, task: Task, one: Objective, labels: tuple[str, ...]) -> Diagnostic:
    message = f"`{one.text}` does not say of which class: `{labels[0]}` or `{labels[1]}`"
    return Diagnostic(code="TS222", message=message, hint=_ways(one, labels), span=written_at(spec, task, one))


def _warn(spec: Spec, task: Task, one: Objective, found: Positive, labels: tuple[str, ...]) -> Diagnostic:
    message = f"`{one.text}` counts the class `{found.label}`, as in the last build; nothing states it"
    hint = _ways(one, labels)
    return Diagnostic(code="TS222", message=message, hint=hint, severity="warning", span=written_at(spec, task, one))


def _ways(one: Objective, labels: tuple[str, ...]) -> str:
    lines = [f"`{one.text.replace(one.metric, of_class(one.metric, label), 1)}`" for label in labels[:2]]
    return f"write {lines[0]} or {lines[1]}, or name it once: `task: {{options: {{positive: ...}}}}`"


def written_at(spec: Spec, task: Task, one: Objective) -> Span | None:
    """Return where an objective is written; its line is the one that reads as the same canonical text."""
    written = spec.document.data.get("objectives")
    for index, text in enumerate(written if isinstance(written, list) else ()):
        read = objective(str(text), task.metrics, per_class=task.per_class).value
        if read is not None and read.text == one.text:
            return spec.document.place(f"/objectives/{index}")
    return spec.document.place("/objectives")


def _few(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels[:12]) + (", ..." if len(labels) > 12 else "")
