"""trainerspec plan: what build would decide and which stages there would be."""

from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.models import llm_option, replay_option
from trainerspec.cli.place import Llm, locate, workplace
from trainerspec.cli.say import say, say_json

if TYPE_CHECKING:
    from trainerspec.catalog.model import Card, Task
    from trainerspec.compiler import Planned
    from trainerspec.ir.decision import Decision
    from trainerspec.ir.json import Json


@path_argument
@llm_option
@replay_option
@format_option
def plan(path: Path, llm: str | None, replay: Path | None, form: Form) -> None:
    """Show every decision with its reason, what else was considered, and the stages. Writes nothing.

    \b
    Examples:
      trainerspec plan
      trainerspec plan news-desk --format json
    """
    from trainerspec.cli.show import show
    from trainerspec.compiler import compile_plan

    source, folder = locate(path)
    with workplace(source, folder, Llm(name=llm, replay=replay)) as place:
        compiled = compile_plan(source, place)
    show(compiled.diagnostics, (compiled.spec.document.source,), form)
    if form is Form.json:
        as_json(compiled)
    else:
        as_text(compiled)


def as_text(compiled: "Planned") -> None:
    """Print the decisions, the candidates and the stages as a person reads them."""
    from trainerspec.backends.project import AUTHORS, as_read
    from trainerspec.backends.project import show as shown
    from trainerspec.cli.estimates import estimates
    from trainerspec.cli.show import rows

    say(f"{compiled.spec.name}: {compiled.task.title}")
    for objective in compiled.spec.objectives:
        of = (
            f"  (of the class `{objective.label}`)"
            if objective.label and objective.metric not in objective.text
            else ""
        )
        say(f"  objective  {objective.text}{of}")
    if compiled.spec.positive:
        say(f"  positive class  {compiled.spec.positive.label}  ({compiled.spec.positive.because})")
    say("\ndecisions")
    for one in as_read(compiled.pinned, compiled.task):
        by = AUTHORS.get(one.author, one.author) + (f", {one.sop}" if one.sop else "")
        say(f"  {one.slot} = {shown(one.value)}  ({by}: {one.because})")
        if one.candidates:
            rows(candidates(one, compiled.task), indent="      ")
    for line in estimates(compiled.pinned):
        say(line)
    as_checked(compiled)
    say("\nstages")
    rows([(stage.name, stage.title, stage.cmd) for stage in compiled.plan.stages])
    own = [
        choice
        for choice in compiled.plan.copies
        if choice.origin.startswith(("custom/", *(f"{name}/variants/" for name in compiled.task.layers)))
    ]
    if own:
        say("\nfiles that a decision or custom/ picks")
        rows([(choice.target, choice.origin, choice.because) for choice in own])


def as_checked(compiled: "Planned") -> None:
    """Print what the checks of the data have found; nothing when they found nothing."""
    from trainerspec.checking.table import lines

    report = compiled.pinned.decided.observed.profile.checks
    if report.findings:
        say("\nchecks of the data")
        say("\n".join(lines(report)))


def candidates(decision: "Decision", task: "Task") -> "list[tuple[str, ...]]":
    """List what was considered for a slot: models with what their cards say, and why each was kept or dropped."""
    from trainerspec.backends.project import show as shown

    table = []
    for one in decision.candidates:
        card = task.cards.get(str(one.value))
        verdict = "chosen" if one.value == decision.value else "kept" if one.kept else "dropped"
        about = [said(card, name, *unit) for name, unit in FACTS.items()] + [card.licence] if card else []
        because = decision.because if verdict == "chosen" and one.kept else one.because
        table.append((verdict, shown(one.value), *about, because))
    widest = max(len(row) for row in table)
    return [(*row[:-1], *[""] * (widest - len(row)), row[-1]) for row in table]


FACTS = {
    "quality": (1.0, "quality"),
    "parameters": (1e6, "M parameters"),
    "size": (1e6, "MB"),
    "memory": (1e6, "MB of memory"),
    "latency.cpu": (1e-3, "ms"),
}
"""What `plan` shows of a card: the fact, in which unit, and the word for it."""


def said(card: "Card", name: str, unit: float, word: str) -> str:
    """Say one fact of a card; nothing when it does not tell.

    >>> from trainerspec.catalog.model import Card
    >>> said(Card(id="x", title="X", sources=(), licence="MIT", facts={"size": 9e6}, files={}), "size", 1e6, "MB")
    '9 MB'
    """
    value = card.facts.get(name)
    if not isinstance(value, int | float):
        return ""
    return f"{word} {value:g}" if unit == 1 else f"{value / unit:.3g} {word}"


def as_json(compiled: "Planned") -> None:
    """Print the decisions, the estimate and the stages as one JSON object."""
    from dataclasses import asdict

    from trainerspec.backends.estimate import SPREAD, estimate
    from trainerspec.backends.run_estimate import estimate_run
    from trainerspec.checking.findings import document

    decided = [
        {
            "slot": one.slot,
            "value": one.value,
            "author": one.author,
            "sop": one.sop,
            "because": one.because,
            "facts": dict(one.facts),
            "candidates": [
                vars(candidate) | card_of(compiled.task.cards.get(str(candidate.value))) for candidate in one.candidates
            ],
        }
        for one in compiled.pinned.decided.decisions.values()
    ]
    stages = [asdict(stage) for stage in compiled.plan.stages]
    objectives = [asdict(one) for one in compiled.spec.objectives]
    positive = asdict(compiled.spec.positive) if compiled.spec.positive else None
    judged: dict[str, object] = {"objectives": objectives, "positive": positive}
    found = estimate(compiled.pinned)
    estimated = {
        "estimate": asdict(found) if found else None,
        "run": asdict(estimate_run(compiled.pinned)),
        "spread": SPREAD,
    }
    checks = document(compiled.pinned.decided.observed.profile.checks)
    whole = {"name": compiled.spec.name, **judged, "decisions": decided, **estimated, "stages": stages}
    say_json({**whole, "checks": checks})


def card_of(card: "Card | None") -> "dict[str, Json]":
    """Return what a candidate's card says; nothing for a candidate without one."""
    return {} if card is None else {"card": {"title": card.title, "licence": card.licence, **card.facts}}
