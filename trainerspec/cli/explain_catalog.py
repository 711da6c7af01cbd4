"""What trainerspec explain lists of a task: its metrics, and the models that it can start from."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from trainerspec.cli.show import columns

if TYPE_CHECKING:
    from trainerspec.catalog.model import Card, Metric, Task

UNITS = {"ratio": "95%", "seconds": "20 ms", "bytes": "100 MB", "per_second": "50 /s"}
"""How a bound on a metric is written; a plain number otherwise."""


def metrics(task: "Task") -> str:
    """List the metrics of a task: name, which direction is better, how a bound is written, and what the number says."""
    lines = [
        "",
        "",
        f"Metrics of {task.name}, which direction is better, how a bound is written, and what it says:",
        "",
    ]
    lines += columns([row(one) for one in task.metrics.values()])
    if task.per_class:
        lines += ["", 'Of one class, whose label stands behind the name (`recall.fraud`, `recall."not fraud"`):', ""]
        lines += columns([row(replace(one, name=f"{one.name}.<class>")) for one in task.per_class.values()])
    return "\n".join(lines)


def row(metric: "Metric") -> tuple[str, ...]:
    """Return what is shown of a metric.

    >>> from trainerspec.catalog.model import Metric
    >>> row(Metric(name="latency.p50", title="Median latency", unit="seconds", better="lower", device=True))
    ('latency.p50', 'lower', '20 ms on cpu', 'Median latency')
    """
    bound = UNITS.get(metric.unit, "0.5") + (" on cpu" if metric.device else "")
    return (metric.name, metric.better, bound, (metric.description or metric.title).rstrip("."))


def bases(task: "Task") -> str:
    """List the models that a task can start from, with what their cards say."""
    lines = ["", "", f"Models of {task.name}:"]
    for card in task.cards.values():
        lines += ["", f"  {card.id}: {card.title}"]
        lines += columns(list(facts(card)), indent="    ")
    lines += ["", "Facts are of the whole model in fp32, on one core. Other models: `hub:org/name@commit`."]
    return "\n".join(lines)


def facts(card: "Card") -> Iterator[tuple[str, str]]:
    """Return what is known of a model, in the words and units that people use.

    >>> from trainerspec.catalog.model import Card
    >>> list(facts(Card(id="x", title="X", sources=(), licence="MIT", facts={"size": 9e6}, files={})))
    [('licence', 'MIT'), ('weights', 'none, trained from scratch'), ('size', '9 MB')]
    """
    yield "licence", card.licence
    places = [f"{one.kind} {one.name}" for one in card.sources]
    yield "weights", ", or ".join(places) or "none, trained from scratch"
    for name, (title, unit, word) in FACTS.items():
        value = card.facts.get(name)
        if isinstance(value, int | float):
            at = measured_at(card) if name == "latency.cpu" else ""
            yield title, f"{value / unit:.3g} {word}".strip() + at
    languages = card.facts.get("languages")
    if isinstance(languages, list | tuple) and languages:
        yield "languages", ", ".join(map(str, languages))


def measured_at(card: "Card") -> str:
    """Say for which input a latency holds, where the card does."""
    where = [(name.removeprefix(AT), value) for name, value in card.facts.items() if name.startswith(AT)]
    parts = [f"{slot} = {value}" for slot, value in where]
    return f" (p95 of one request at {', '.join(parts)})" if parts else " (p95 of one request)"


AT = "latency.at."
FACTS = {
    "quality": ("quality", 1, "(relative to the others)"),
    "parameters": ("parameters", 1e6, "M"),
    "size": ("size", 1e6, "MB"),
    "memory": ("memory", 1e6, "MB"),
    "latency.cpu": ("latency", 1e-3, "ms"),
    "train.cpu": ("training", 1e-3, "ms an example and epoch"),
    "features.cpu": ("features", 1e-3, "ms an example, base frozen"),
}
"""The fact of a card: how it is called, in which unit it is shown, and the unit's name."""
