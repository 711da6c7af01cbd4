"""README.md, pyproject.toml, the pinned packages and the editors' schema of an emitted project."""

import json
from collections.abc import Mapping, Sequence

from trainerspec import assets
from trainerspec.backends.documents import render
from trainerspec.backends.params import columns, steps
from trainerspec.backends.pins import SOURCES, constraints, image, requirements
from trainerspec.catalog.model import Task
from trainerspec.ir.decision import Decision, Pinned
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.plan import Plan
from trainerspec.ir.spec import Spec
from trainerspec.language import cleaning
from trainerspec.language.schema import compose

SCHEMA = ".trainerspec/trainerspec.schema.json"
"""Where editors find the schema that the first line of trainer.yaml names."""
TARGET_SCHEMA = ".trainerspec/target.schema.json"
"""The same for targets/<env>.yaml."""
AUTHORS = {"spec": "you", "rules": "rules"}


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write what a person or pip reads first."""
    extra = packages(plan, task)
    context = {**_context(plan, task), "requirements": sorted([*requirements(), *extra])}
    return {
        SCHEMA: (json.dumps(compose(task), indent=2, ensure_ascii=False) + "\n").encode(),
        TARGET_SCHEMA: (assets.folder("grammar") / "target.schema.json").read_bytes(),
        "README.md": render("README.md", context),
        "constraints.txt": constraints(extra),
        "pyproject.toml": render("pyproject.toml", context),
        "requirements-image.txt": image(tensorrt=plan.pinned.values.get("serve.engine") == "tensorrt"),
    }


def packages(plan: Plan, task: Task) -> tuple[str, ...]:
    """List what the chosen variants and the source of the data import beside that."""
    origins = {choice.origin for choice in plan.copies}
    chosen = [one for one in task.variants if task.origin(one.file) in origins]
    collected = plan.pinned.decided.observed.profile.collected
    fetching = SOURCES.get(collected.pinned.get("driver", collected.way), ()) if collected else ()
    return tuple(sorted({*fetching, *(name for variant in chosen for name in variant.packages)}))


def _context(plan: Plan, task: Task) -> dict[str, object]:
    pinned = plan.pinned
    observed = pinned.decided.observed
    spec = observed.spec
    return {
        "name": spec.name,
        "version": spec.version,
        "title": task.title,
        "request": [line.strip() for line in spec.request.strip().splitlines()],
        "questions": list(spec.questions),
        "held": judged(spec),
        "inputs": {**spec.inputs, **{column: column for column in columns(plan.pinned, task)}},
        "outputs": dict(spec.outputs),
        "labels": list(pinned.labels),
        "use": spec.use,
        "source": source(observed),
        "clean": [cleaning.text(step) for step in steps(pinned)],
        "split": spec.split,
        "objectives": [objective.text for objective in spec.objectives],
        "decisions": [_row(task, decision, pinned.values) for decision in as_read(plan.pinned, task)],
        "facts": [
            (name, show(fact.value), "all" if fact.exact else f"a sample of {fact.n}")
            for name, fact in sorted(observed.profile.facts.items())
        ],
        "base": pinned.base,
        "stages": plan.stages,
        "rooms": {f"{room}/": told for room, told in plan.guide.rooms.items()},
        "first": dict(plan.guide.first),
        "hooks": task.hooks,
        "own": dict(plan.hooks),
    }


def source(observed: Observed) -> str:
    """Name the source of the data as people read it, with the fingerprint of its snapshot."""
    collected = observed.profile.collected
    return observed.spec.source.value + (f" (collected, {collected.fingerprint})" if collected else "")


def judged(spec: Spec) -> list[Mapping[str, str]]:
    """Return what held the spec, who let it go on, and why."""
    return [{**vars(one)} for one in spec.held]


def as_read(pinned: Pinned, task: Task) -> list[Decision]:
    """Return the decisions in the order in which people read slots."""
    decisions = pinned.decided.decisions
    return [decisions[slot] for slot in task.slots if slot in decisions]


def _row(task: Task, decision: Decision, values: Mapping[str, Json]) -> Mapping[str, str]:
    slot = task.slots.get(decision.slot)
    because = decision.because or ("written in trainer.yaml" if decision.author == "spec" else "")
    return {
        "slot": decision.slot,
        "title": slot.title if slot else "",
        "value": show(values.get(decision.slot, decision.value)),
        "author": AUTHORS.get(decision.author, decision.author),
        "sop": decision.sop,
        "because": because,
    }


def show(value: Json) -> str:
    """Write a value on one line, shortened to what a reader takes in.

    >>> show({"a": 1, "b": [1, 2]}), show(0.1234567), show(True), show([])
    ('a: 1, b: 1, 2', '0.123457', 'yes', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}: {show(item)}" for key, item in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ", ".join(show(item) for item in value) or "none"
    else:
        text = "" if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:157]}..."
