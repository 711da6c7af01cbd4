"""Technical documentation of a system, as Annex IV of Regulation (EU) 2024/1689 lists it, from what is recorded.

https://eur-lex.europa.eu/eli/reg/2024/1689/oj. What no file tells is marked as a person's to write, never guessed.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainerspec.backends.documents import render
from trainerspec.backends.params import steps
from trainerspec.backends.project import AUTHORS, judged, show
from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Spec
from trainerspec.language import cleaning
from trainerspec.releasing.verify import Origin, json_mapping, origin
from trainerspec.running.run_files import read_json
from trainerspec.running.summary import quantity
from trainerspec.workspace.inside import whole
from trainerspec.workspace.lock import NAME, Lock, read_lock, spec_digest

TEMPLATE = "ANNEX_IV.md"
WRITE = "**A person must write:**"
"""What marks each gap in the document."""


def technical(spec: Spec, task: Task, project: Path) -> str:
    """Return the documentation as Markdown. Raises Stopped TS701 where there is no trainer.lock that can be read."""
    place = project / NAME
    if not place.is_file():
        message, hint = f"there is no {NAME} in {project}", "run `trainerspec build` first"
        raise Stopped((Diagnostic(code="TS701", message=message, hint=hint, file=str(project)),))
    locked = Log().take(read_lock(whole(place)))
    described = {**stated(spec, task), **decided(spec, task, locked), **measured(task, project), **made(project)}
    return render(TEMPLATE, described).decode()


def stated(spec: Spec, task: Task) -> dict[str, object]:
    """Return what trainer.yaml says."""
    return {
        "name": spec.name,
        "version": spec.version,
        "title": task.title,
        "request": [line.strip() for line in spec.request.strip().splitlines()],
        "use": spec.use,
        "questions": list(spec.questions),
        "held": judged(spec),
        "inputs": dict(spec.inputs),
        "outputs": dict(spec.outputs),
        "source": spec.source.value,
        "exclude": list(spec.exclude),
        "audit": list(spec.audit),
        "acknowledged": [f"{one.code}: {one.because}" for one in spec.acknowledged],
        "split": spec.split,
        "objectives": [objective.text for objective in spec.objectives],
    }


def decided(spec: Spec, task: Task, locked: Lock) -> dict[str, object]:
    """Return what trainer.lock says: each decision with its author and reason, the base, the data's facts."""
    pinned = locked.pinned(spec)
    return {
        "stale": locked.spec != spec_digest(spec),
        "labels": list(locked.labels),
        "clean": [cleaning.text(step) for step in steps(pinned)],
        "base": locked.base,
        "compiler": locked.origins.version,
        "fingerprint": locked.profile.fingerprint,
        "facts": [
            (name, show(fact.value), "all" if fact.exact else f"a sample of {fact.n}")
            for name, fact in sorted(locked.profile.facts.items())
        ],
        "serve": {
            path: show(value) for path, value in locked.values.items() if path.startswith(("serve.", "compute."))
        },
        "decisions": [
            {
                "title": task.slots[slot].title if slot in task.slots else slot,
                "value": show(locked.values.get(slot, one.value)),
                "author": AUTHORS.get(one.author, one.author),
                "because": one.because or ("written in trainer.yaml" if one.author == "spec" else ""),
            }
            for slot, one in locked.decisions.items()
        ],
    }


def measured(task: Task, project: Path) -> dict[str, object]:
    """Return what the stages measured; empty before a model was judged."""
    gate, values = read_json(project / "gate.json"), read_json(project / "metrics.json")
    report = read_json(project / "build/data/report.json")
    metrics = [
        {
            "title": metric.title,
            "name": name,
            "means": metric.description or f"{metric.better} is better",
            "value": figure(values.get(name), metric.unit),
            "interval": interval(values.get(f"{name}.low"), values.get(f"{name}.high"), metric.unit),
        }
        for name, metric in task.metrics.items()
        if name in values
    ]
    baselines = sorted({name.split(".")[1] for name in values if name.startswith("baseline.")})
    return {
        "verdict": str(gate.get("verdict", "")),
        "device": str(gate.get("device", "")),
        "judged": [objective(row) for row in rows(gate.get("objectives"))],
        "metrics": metrics,
        "baselines": baselines,
        "rows": counts(report.get("rows")),
        "dropped": [
            (str(row.get("step")), f"{row.get('rows')}") for row in rows(report.get("dropped")) if row.get("rows")
        ],
        "classes": counts(counted(report.get("labels"), "train")),
    }


def made(project: Path) -> dict[str, object]:
    """Return from which commit the package was made, where there is one that says so."""
    place = project / "package" / "provenance.json"
    found = origin(json_mapping(place)) if place.is_file() else Origin(digests={}, packages={})
    return {
        "commit": found.commit,
        "changed": found.differing,
        "python": found.python,
        "packages": dict(found.packages),
    }


def objective(row: JsonObject) -> dict[str, str]:
    """Return a judged objective as texts."""
    unit = str(row.get("unit"))
    return {
        "text": str(row.get("text")),
        "value": figure(row.get("value"), unit),
        "interval": interval(row.get("low"), row.get("high"), unit),
        "verdict": str(row.get("verdict")),
    }


def figure(value: Json, unit: str) -> str:
    """Return a number with its unit; a dash when there is none, or none that can be written.

    >>> figure(0.97, "ratio"), figure(None, "ratio"), figure(10**400, "ratio")
    ('97.0%', '–', '–')
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        return "–"
    return quantity(value, unit)


def interval(low: Json, high: Json, unit: str) -> str:
    """Return an interval, or nothing."""
    return "" if low is None or high is None else f"{figure(low, unit)} to {figure(high, unit)}"


def rows(listed: Json) -> Sequence[JsonObject]:
    """Return the mappings of a list."""
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def counted(tree: Json, key: str) -> Json:
    """Return what stands at a key of a mapping."""
    return tree.get(key) if isinstance(tree, Mapping) else None


def counts(tree: Json) -> list[tuple[str, str]]:
    """Return the whole numbers of a mapping as texts."""
    found = tree.items() if isinstance(tree, Mapping) else ()
    return [(str(name), f"{count:,}") for name, count in found if isinstance(count, int)]
