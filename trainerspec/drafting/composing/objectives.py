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
POSITIVE = re.compile(
    r"(?<![^\W_])(?:positive[rn]?|positiva?|positif|positief)\s+(?:class|klasse|label)(?:\s+(?:is|ist|=|:|being)|[:=])*\s*[\"'`]?(?P<a>[\w-]+)"
    r"|(?:clase|classe|klasse)\s+(?:positiva|positive|positief)(?:\s+(?:es|è|é|est|is|=|:)|[:=])*\s*[\"'`]?(?P<b>[\w-]+)"
)
"""`positive class is "yes"`."""


def state(sheet: Sheet, findings: Findings, words: TaskWords, task: Task | None, vocabulary: Vocabulary) -> None:
    """Write down the bounds, and what is to be as good as possible."""
    serving = served_on(findings, vocabulary)
    scene = Scene(
        reading=findings.reading,
        vocabulary=vocabulary,
        pieces=findings.pieces,
        answers=words.answers,
        metrics=_named(task),
        device=serving,
        classes=tuple(str(one) for one in sheet.spec["task"].get("labels", ())),
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
        if task is not None and metric not in _named(task) and metric.partition(".")[0] not in task.per_class:
            own = ", ".join(name for name, one in task.metrics.items() if not one.device and "." not in name)
            sheet.ask(f"/objectives/{at}", vocabulary.fields["questions"]["metric"].format(name=metric, own=own))
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


def _named(task: Task | None) -> frozenset[str]:
    """Return the names under which objectives may name the metrics of a task."""
    if task is None:
        return frozenset()
    return frozenset((*task.metrics, *(name for metric in task.metrics.values() for name in metric.also)))
