"""The straight line from a source to a project in memory."""

from collections.abc import Mapping
from dataclasses import field, replace

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Log
from trainerspec.ir.decision import Pinned
from trainerspec.ir.plan import Plan
from trainerspec.ir.project import Project
from trainerspec.ir.record import record
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Spec
from trainerspec.passes.decidable import decidable
from trainerspec.passes.decide import decide
from trainerspec.passes.emit import emit
from trainerspec.passes.observe import Prober, observe
from trainerspec.passes.parse import parse
from trainerspec.passes.pin import Hub, pin
from trainerspec.passes.plan import plan
from trainerspec.passes.positive import positive, settled
from trainerspec.passes.trivial import trivial
from trainerspec.passes.validate import validate
from trainerspec.procedures.slot_context import Filler
from trainerspec.procedures.sops import Sops
from trainerspec.workspace import lock
from trainerspec.workspace.last_build import LastBuild


@record(frozen=True, kw_only=True)
class Workplace:
    """What a compilation works with, besides the source."""

    tasks: Mapping[str, Task]
    sops: Sops
    filler: Filler
    prober: Prober
    hub: Hub
    custom: Mapping[str, bytes]
    """The user's own files, by their path below custom/."""
    last: LastBuild = field(default_factory=LastBuild)
    """What objectives meant in the last build of the folder."""


@record(frozen=True, kw_only=True)
class Planned:
    """What would be built, before any file of it is made."""

    spec: Spec
    task: Task
    pinned: Pinned
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    """Warnings of all passes."""


@record(frozen=True, kw_only=True)
class Compiled:
    """A project, and what it was made from."""

    spec: Spec
    task: Task
    pinned: Pinned
    plan: Plan
    project: Project
    custom: Mapping[str, bytes]
    """The user's own files, by their path below custom/."""
    diagnostics: tuple[Diagnostic, ...]
    """Warnings of all passes."""


def compile(source: Source, place: Workplace, *, review: bool = False) -> Compiled:
    """Parse, validate, observe, decide, pin, plan and emit; a `review` passes over what holds the spec.

    Raises Stopped when a pass fails, with everything that the line has to tell so far.
    """
    log = Log(source)
    pinned, task = decisions(source, place, log, review=review)
    return finish(pinned, task, place.custom, lock.origins(task, place.sops.digests), log)


def compile_plan(source: Source, place: Workplace) -> Planned:
    """Parse, validate, observe, decide, pin and plan. Raises Stopped as `compile` does."""
    log = Log(source)
    pinned, task = decisions(source, place, log)
    planned = log.take(plan(pinned, task, place.custom))
    spec = pinned.decided.observed.spec
    return Planned(spec=spec, task=task, pinned=pinned, plan=planned, diagnostics=tuple(log.diagnostics))


def decisions(source: Source, place: Workplace, log: Log, *, review: bool = False) -> tuple[Pinned, Task]:
    """Fill every slot of a spec, and pin what was chosen. Raises Stopped when a pass fails."""
    spec = read_spec(source, place.tasks, log, review=review)
    task = place.tasks[spec.task]
    observed = log.take(observe(spec, task, place.prober))
    labels = spec.labels or observed.profile.labels
    observed = replace(observed, spec=log.take(positive(spec, task, labels, place.last.meanings(task))))
    log.diagnostics.extend((*trivial(observed, task), *decidable(observed, task)))
    decided = log.take(decide(observed, task, place.sops, place.filler))
    return log.take(pin(decided, task, place.sops, place.filler, place.hub)), task


def read_spec(source: Source, tasks: Mapping[str, Task], log: Log, *, review: bool = False) -> Spec:
    """Parse and validate only. Raises Stopped when that fails."""
    document = log.take(parse(source))
    return log.take(validate(document, tasks, review=review))


def finish(pinned: Pinned, task: Task, custom: Mapping[str, bytes], origins: lock.Origins, log: Log) -> Compiled:
    """Plan and emit: the pure end of the line, which `--frozen` shares. Raises Stopped when a pass fails."""
    planned = log.take(plan(pinned, task, custom))
    project = log.take(emit(planned, task, custom, origins))
    return Compiled(
        spec=pinned.decided.observed.spec,
        task=task,
        pinned=pinned,
        plan=planned,
        project=project,
        custom=custom,
        diagnostics=tuple(log.diagnostics),
    )


def compile_frozen(
    source: Source, locked: lock.Lock, tasks: Mapping[str, Task], custom: Mapping[str, bytes]
) -> Compiled:
    """Emit again what a lock decided: no data, no network, no language model.

    Raises Stopped with TS706 when the spec, the compiler, the templates or custom/ are not those of the lock.
    """
    log = Log(source)
    spec = read_spec(source, tasks, log)
    task = tasks[spec.task]
    # the SOPs decided when the lock was made; nothing is decided now
    origins = lock.origins(task, locked.origins.sops)
    log.diagnostics.extend(stale(spec, origins, locked))
    if any(one.severity == "error" for one in log.diagnostics):
        log.stop()
    compiled = finish(locked.pinned(settled(spec, task, locked.positive)), task, custom, origins, log)
    log.diagnostics.extend(_other_code(compiled, locked))
    if any(one.severity == "error" for one in log.diagnostics):
        log.stop()
    return compiled


def stale(spec: Spec, origins: lock.Origins, locked: lock.Lock) -> tuple[Diagnostic, ...]:
    """Name everything that is not as it was when the lock was made."""
    made = locked.origins
    differ: list[tuple[str, str]] = []
    if lock.spec_digest(spec) != locked.spec:
        differ.append(("trainer.yaml", "it says something else now"))
    if (origins.version, origins.compiler) != (made.version, made.compiler):
        differ.append(
            (
                "the compiler",
                f"it was {_name(made.version, made.compiler)}, this is {_name(origins.version, origins.compiler)}",
            )
        )
    if origins.grammar != made.grammar:
        differ.append(("the grammar", _change(made.grammar, origins.grammar)))
    for name in sorted({*origins.templates, *made.templates}):
        before, now = made.templates.get(name, ""), origins.templates.get(name, "")
        if before != now:
            differ.append((f"the template `{name}`", _change(before, now)))
    return tuple(_stale(what, why) for what, why in differ)


def _other_code(compiled: Compiled, locked: lock.Lock) -> tuple[Diagnostic, ...]:
    own = lock.read_lock(compiled.project.files[lock.NAME])
    now = own.value.custom if own.value else {}
    changed = sorted(path for path in {*now, *locked.custom} if now.get(path) != locked.custom.get(path))
    return tuple(_stale(f"`custom/{path}`", "it is not the file that was built with") for path in changed)


def _stale(what: str, why: str) -> Diagnostic:
    message = f"`trainer.lock` does not fit {what}: {why}"
    return Diagnostic(code="TS706", message=message, hint="run `trainerspec build`", file=lock.NAME)


def _name(version: str, digest: str) -> str:
    return f"{version} ({digest[:12]})"


def _change(before: str, now: str) -> str:
    return f"its digest was {before[:12] or 'none'}, it is {now[:12] or 'none'}"
