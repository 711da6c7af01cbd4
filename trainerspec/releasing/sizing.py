"""Size a release for a target: the Server agent decides by SOP, from what was measured on the package."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from trainerspec.catalog.load import flatten, sizes
from trainerspec.diagnostics.model import Log, Outcome
from trainerspec.ir.decision import Decision
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.sizing import Sizing
from trainerspec.ir.spec import Objective, SlotPath
from trainerspec.ir.target import Target
from trainerspec.language.yaml import load
from trainerspec.passes.decide import decision
from trainerspec.procedures.procedure import Step, visible
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Choice, Filler, slot_context
from trainerspec.procedures.sops import Sops, sops
from trainerspec.procedures.visible_names import objectives
from trainerspec.running.run_files import read_json
from trainerspec.running.serve import Package
from trainerspec.workspace.lock import NAME as LOCK
from trainerspec.workspace.lock import read_lock
from trainerspec.workspace.organisation import organisation

METRICS = "metrics.json"
BENCHMARKED = "onnx"
"""What the stage `benchmark` measures with, whatever the engine of the target will be."""
RULES = Rules()


def size(project: Path, package: Package, release: str, target: Target, filler: Filler = RULES) -> Sizing | None:
    """Decide the sizes of a release from the measurements in its package; None when it has none.

    Raises Stopped when no rule fits, or when an SOP is broken.
    """
    measured = read_json(package.folder / METRICS)
    if not measured:
        return None
    settings = cast(JsonObject, load((package.folder / "params.yaml").read_bytes()))
    facts = {
        **written(settings, project / LOCK),
        **objectives(meant(settings, target)),
        **measurements({**measured, "engine": BENCHMARKED}),
        **about(target),
    }
    return decide(release, str(settings["task"]), facts, procedures(project), filler)


def again(kept: Sizing, project: Path, target: Target, measured: JsonObject | None = None) -> Sizing:
    """Decide once more from the facts that were kept, for the target as it is now; `measured` replaces what was.

    Raises Stopped as `size` does.
    """
    dropped = ("target.", "measured.") if measured else ("target.",)
    facts = {name: value for name, value in kept.facts.items() if not name.startswith(dropped)}
    facts |= {**(measurements(measured) if measured else {}), **about(target)}
    return decide(kept.release, kept.task, facts, procedures(project), RULES)


def procedures(project: Path) -> Sops:
    """Load the SOPs that ship, and the organisation's."""
    own = organisation(project)
    return sops(own / "sops", own / "templates")


def decide(release: str, task: str, facts: Mapping[str, Json], known: Sops, filler: Filler) -> Sizing:
    """Fill every size in the order of the needs; keep the facts that some step may read."""
    log, slots = Log(), sizes()
    steps = log.take(known.ordered(task, slots))
    env: dict[str, Json] = {**facts, "task.type": task}
    decisions: dict[SlotPath, Decision] = {}
    for step in steps:
        now = slot_context(step, slots[step.slot], env, ())
        decisions[step.slot] = decision(now, log.take(hinted(filler.fill(now), step)))
        env[step.slot] = decisions[step.slot].value
    read = {name: facts[name] for name in sorted(facts) if any(visible(name, step) for step in steps)}
    return Sizing(release=release, task=task, facts=read, decisions={slot: decisions[slot] for slot in slots})


def hinted(outcome: Outcome[Choice], step: Step) -> Outcome[Choice]:
    """Say where a size that nothing fills is to be mended: trainer.yaml has none."""
    hint = f"add a rule without `when` to `{step.id}`"
    return replace(outcome, diagnostics=tuple(replace(one, hint=hint) for one in outcome.diagnostics))


def written(settings: JsonObject, lock: Path) -> dict[str, Json]:
    """Return the slots as the package has them, and who decided those that trainer.lock has with the same value."""
    sections = {section: settings.get(section) for section in ("serve", "compute")}
    values = flatten({section: value for section, value in sections.items() if isinstance(value, Mapping)})
    decided = Log().take(read_lock(lock.read_bytes())).decisions if lock.is_file() else {}
    authors = {
        f"author.{slot}": decided[slot].author
        for slot, value in values.items()
        if slot in decided and decided[slot].value == value
    }
    return {**values, **authors}


def meant(settings: JsonObject, target: Target) -> Iterator[Objective]:
    """Return the objectives, without those that name a device of another kind than the target's."""
    for row in cast(Sequence[Mapping[str, Any]], settings.get("objectives") or ()):
        told: dict[str, Any] = {key: row.get(key) for key in ("op", "bound", "device")}
        one = Objective(text=row["text"], sense=row["sense"], metric=row["metric"], **told)
        if one.device is None or (one.device == "cpu") == (target.gpu is None):
            yield one


def measurements(values: JsonObject) -> dict[str, Json]:
    """Return measured values as facts, to six digits, with the batch size that gave the most inputs a second.

    >>> measurements({"batch.1.throughput": 930.123456, "batch.4.throughput": 92.8})["measured.batch.best"]
    1
    """
    facts = {name: round_off(value) for name, value in values.items()}
    rates = {
        int(name.split(".")[1]): float(value)
        for name, value in facts.items()
        if name.startswith("batch.") and name.endswith(".throughput") and isinstance(value, int | float)
    }
    if rates:
        best = max(sorted(rates), key=lambda count: rates[count])
        facts |= {"batch.best": best, "batch.best.throughput": rates[best]}
    return {f"measured.{name}": value for name, value in facts.items()}


def round_off(value: Json) -> Json:
    """Round a number to six digits; more are noise.

    >>> round_off(0.0010754140002973145), round_off(32.0), round_off("cpu")
    (0.00107541, 32, 'cpu')
    """
    if not isinstance(value, float):
        return value
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short


def about(target: Target) -> dict[str, Json]:
    """Return what SOPs may know of a target."""
    gpu: dict[str, Json] = {}
    if target.gpu:
        gpu = {"target.gpu.product": target.gpu.product, "target.gpu.count": target.gpu.count}
    return {
        "target.name": target.name,
        "target.device": "gpu" if target.gpu else "cpu",
        "target.mode": target.mode,
        "target.platform": target.platform,
        **gpu,
    }


def differing(kept: Sizing, now: Sizing) -> list[str]:
    """Say which sizes are decided otherwise now: `deploy.memory` 768 -> 1024."""
    return [
        f"`{slot}` {kept.values.get(slot)} -> {value}"
        for slot, value in now.values.items()
        if kept.values.get(slot) != value
    ]


def measured_by_engine(lock: JsonObject) -> JsonObject:
    """Return the measurements of an engine job that made a plan, as the benchmark's are."""
    names = ("throughput", "latency.p50", "latency.p95", "latency.p99")
    return {**{name: lock[name] for name in names if name in lock}, "device": "gpu", "engine": "tensorrt"}
