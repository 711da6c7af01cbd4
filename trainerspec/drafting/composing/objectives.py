"""Limits and wishes become the objectives of the document."""

import re
from collections.abc import Mapping

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.fields.devices import served_on
from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.fields.limits import limits
from trainerspec.drafting.fields.meaning import Scene
from trainerspec.drafting.fields.objectives import Aim, aims
from trainerspec.drafting.reading.vocabulary import TaskWords, Vocabulary

COPIES = re.compile(
    r"\b(?:no|not|never|without|keine|sin|sans) (?:\w+ ){0,3}?"
    r"(?:cop(?:y|ies|ied|ying)|kopien|copias|memori[sz]\w+|divers\w+)|\b(?:diversity|variety|original)\b"
)
"""What a bound on made pictures says without naming a metric."""
MEAN = re.compile(
    r"(?<![^\W_])(?:mean|average|avg|im (?:mittel|schnitt)|durchschnittlich\w*|mittlere\w*|moyenne?|promedio|medi[oa]|"
    r"in media|média|médio|gemiddelde?)(?![^\W_])|平均|औसत"
)
NEAR = 20
"""Characters around a bound in which its mean is named."""
OWN = ("/objectives", "/task/options/positive")
MOST_NAMED = 12
"""Classes that a question names."""
POSITIVE = re.compile(
    r"(?<![^\W_])(?:positive[rn]?|positiva?|positif|positief)\s+(?:class|klasse|label)(?:\s+(?:is|ist|=|:|being)|[:=])*\s*[\"'`]?(?P<a>[\w-]+)"
    r"|(?:clase|classe|klasse)\s+(?:positiva|positive|positief)(?:\s+(?:es|è|é|est|is|=|:)|[:=])*\s*[\"'`]?(?P<b>[\w-]+)"
)
"""`positive class is "yes"`."""


def classes_of(sheet: Sheet) -> tuple[str, ...]:
    """Return the classes that the document lists."""
    return tuple(str(one) for one in sheet.spec["task"].get("labels", ()))


def restate(
    sheet: Sheet,
    findings: Findings,
    words: TaskWords,
    task: Task,
    vocabulary: Vocabulary,
    listed: tuple[str, ...],
) -> None:
    """Write the bounds again where the data names other classes than the request `listed`: some may be of one class."""
    seen = classes_of(sheet)
    if not task.per_class or seen == listed:
        return
    sheet.evidence = [one for one in sheet.evidence if not one.path.startswith(OWN)]
    sheet.questions = [one for one in sheet.questions if not one.path.startswith(OWN)]
    sheet.impossible.clear()
    if "objectives" in sheet.spec:
        sheet.spec["objectives"] = []
    state(sheet, findings, words, task, vocabulary, listed, seen)


def state(
    sheet: Sheet,
    findings: Findings,
    words: TaskWords,
    task: Task | None,
    vocabulary: Vocabulary,
    listed_classes: tuple[str, ...],
    seen: tuple[str, ...] = (),
) -> None:
    """Write down the bounds, and what is to be as good as possible.

    `listed_classes` are those that the request lists, `seen` those of the data.
    """
    serving = served_on(findings, vocabulary)
    scene = Scene(
        reading=findings.reading,
        vocabulary=vocabulary,
        pieces=findings.pieces,
        answers=words.answers,
        metrics=_named(task),
        device=serving,
        classes=listed_classes,
        seen=seen,
        per_class=frozenset(task.per_class) if task else frozenset(),
        positive=_positive(sheet, findings, task),
        text=findings.text,
    )
    every: tuple[Aim, ...] = aims(scene, limits(findings.pieces))
    for asked in (aim for aim in every if aim.question):
        sheet.ask("/objectives", asked.question)
    sheet.impossible += [(aim.impossible, findings.text.quote(*aim.span)) for aim in every if aim.impossible]
    if words.answers == "picture" and (copies := COPIES.search(findings.text.folded)):
        said = findings.text.quote(*copies.span())
        sheet.ask("/objectives", vocabulary.fields["questions"]["copies"].format(said=said))
    means = _mean_latency(sheet, findings, every, vocabulary)
    listed = [aim for aim in every if not (aim.question or aim.impossible or aim in means)]
    if listed:
        sheet.spec["objectives"] = [aim.text for aim in listed]
    for at, aim in enumerate(listed):
        metric = aim.text.split()[1] if aim.wish else aim.text.split()[0]
        if task is not None and metric not in _named(task) and not _is_of_class(metric, task):
            own = ", ".join(name for name, one in task.metrics.items() if not one.device and "." not in name)
            sheet.ask(f"/objectives/{at}", vocabulary.fields["questions"]["metric"].format(name=metric, own=own))
        if aim.unknown:
            question = vocabulary.fields["questions"]["class_unseen"]
            known = ", ".join(seen[:MOST_NAMED])
            sheet.ask(f"/objectives/{at}", question.format(bound=aim.text, said=aim.unknown, classes=known))
        sheet.tell(f"/objectives/{at}", aim.status, findings.text.quote(*aim.span), aim.why)


def _mean_latency(sheet: Sheet, findings: Findings, every: tuple[Aim, ...], vocabulary: Vocabulary) -> tuple[Aim, ...]:
    """Ask where the mean of times is bounded, and return such aims: measured are quantiles, which nobody named."""
    found = []
    for aim in every:
        start, end = aim.span
        around = findings.text.folded[max(0, start - NEAR) : end + NEAR]
        if aim.text.startswith("latency.p95 <") and (said := MEAN.search(around)):
            question = vocabulary.fields["questions"]["mean_latency"]
            sheet.ask("/objectives", question.format(said=said[0], bound=aim.text))
            found.append(aim)
    return tuple(found)


def _positive(sheet: Sheet, findings: Findings, task: Task | None) -> str:
    """Return the class that the request calls the positive one, and state it where the task takes that."""
    match = POSITIVE.search(findings.text.folded)
    if match is None:
        return ""
    said = findings.text.quote(*match.span("a" if match["a"] else "b"))
    label = next((one for one in sheet.spec["task"].get("labels", ()) if str(one).casefold() == said.casefold()), said)
    properties = task.options.get("properties") if task is not None else None
    if isinstance(properties, Mapping) and "positive" in properties:
        sheet.spec["task"]["options"] = {"positive": label}
        sheet.tell("/task/options/positive", "stated", said)
    return str(label)


def _is_of_class(metric: str, task: Task) -> bool:
    """Tell whether a name is a metric that a task has for one class, with the class."""
    family, _, label = metric.partition(".")
    return bool(label) and family in task.per_class


def _named(task: Task | None) -> frozenset[str]:
    """Return the names under which objectives may name the metrics of a task."""
    if task is None:
        return frozenset()
    return frozenset((*task.metrics, *(name for metric in task.metrics.values() for name in metric.also)))
