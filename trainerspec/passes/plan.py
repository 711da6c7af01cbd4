"""plan: Pinned -> Plan. Which files the project has, and which stages run in which order."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from trainerspec import assets
from trainerspec.backends import pins
from trainerspec.backends.params import LABEL, params
from trainerspec.catalog.model import Task
from trainerspec.collecting.snapshot import DATA, FOLDER
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.decision import Pinned
from trainerspec.ir.declared import Stage
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import FileChoice, Plan
from trainerspec.language import labelling
from trainerspec.language.expression import UNKNOWN, evaluate, parse
from trainerspec.passes.code import COMPILERS, OURS, OWN, SHARED, Code, covered, has
from trainerspec.passes.guide import guide
from trainerspec.passes.import_graph import module_of
from trainerspec.passes.moved import old_imports, without_effect
from trainerspec.procedures.visible_names import visible_names

COMMANDS = ("pipeline/predict.py", "pipeline/monitor.py", "pipeline/record_trials.py", "pipeline/try_settings.py")
"""Modules that people start beside the stages; no stage runs again when they change."""
METHODS = ("rules", "prototypes", "endpoint")
"""Ways of labelling that have a module of their own."""
SKIPPED = frozenset({"__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache"})


def plan(pinned: Pinned, task: Task, custom: Mapping[str, bytes]) -> Outcome[Plan]:
    """Choose the files and order the stages.

    `custom` holds the user's own files by their path below custom/: a hook's `model.py`, or an ejected
    `pipeline/train.py`. Fails with TS601 (a variant's condition), TS602 (stages that are no DAG),
    TS603 (a stage reads a parameter that no slot gives), TS605 and TS606 (files of custom/ for another layout).
    """
    problems: list[Diagnostic] = []
    choices = {choice.target: choice for choice in copies(task)}
    for target, file in pinned_files(pinned, task).items():
        because = f"`model.base` is `{pinned.base.id}`"
        choices[target] = FileChoice(target=target, origin=task.origin(file), because=because)
    names = expression_names(pinned, task)
    chosen: set[str] = set()
    for variant in task.variants:
        holds = _holds(variant.when, names, task, problems)
        if holds and variant.target not in chosen:
            chosen.add(variant.target)
            choices[variant.target] = FileChoice(
                target=variant.target, origin=task.origin(variant.file), because=variant.when
            )
    own = own_files(task, choices, custom)
    for target, path in own.items():
        choices[target] = FileChoice(target=target, origin=f"custom/{path}", because=f"custom/{path} is there")
    code, document = Code(choices, task, custom), params(pinned, task)
    stages = _order(tuple(_stages(pinned, task, code, names, document, problems)), task, problems)
    packages = {name: pin for stage in stages for name, pin in pins.used(code.packages(stage.deps)).items()}
    problems.extend(_unknown_params(stages, {**document, "packages": packages}, task))
    used = {*own.values(), *(dep for stage in stages for dep in stage.deps)}
    problems.extend([*without_effect(custom, choices, used), *old_imports(custom, choices, used)])
    if problems:
        return Outcome(diagnostics=tuple(problems))
    hooks = {path: sha256(custom[path]).hexdigest() for path in sorted(own.values())}
    run = {dep for stage in stages for dep in stage.deps} | set(code.files(COMMANDS))
    kept = {
        target: choice
        for target, choice in sorted(choices.items())
        if target in run or not target.startswith("pipeline/") or choice.origin.startswith(OWN)
    }
    return Outcome(
        value=Plan(
            pinned=pinned,
            stages=stages,
            copies=tuple(kept.values()),
            packages=dict(sorted(packages.items())),
            guide=guide(kept, stages, code.bytes_of),
            hooks=hooks,
        )
    )


def copies(task: Task) -> Iterator[FileChoice]:
    """List what a project may have: the compiler's rooms, shared files, an extended task's, the task's own."""
    for room, place in COMPILERS.items():
        for target in walk(place()):
            because = f"the compiler does its {room} with it too"
            yield FileChoice(target=f"pipeline/{room}/{target}", origin=f"{OURS}{room}/{target}", because=because)
    for name, folder in {SHARED: assets.folder("templates") / SHARED, **task.layers}.items():
        for target in walk(folder / "project"):
            because = "every project has it" if name == SHARED else f"every `{task.name}` project has it"
            yield FileChoice(target=target, origin=f"{name}/project/{target}", because=because)


def walk(folder: Path) -> Iterator[str]:
    """List the files below a folder as POSIX paths, sorted, without what tools cache."""
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_file() and not SKIPPED & set(relative.parts) and path.suffix != ".pyc":
                yield relative.as_posix()


def pinned_files(pinned: Pinned, task: Task) -> Mapping[str, str]:
    """Return the files that the base model's card asks for; a model from outside the catalog has none."""
    card = task.cards.get(pinned.base.id)
    return card.files if card else {}


def own_files(task: Task, targets: Mapping[str, FileChoice], custom: Mapping[str, bytes]) -> dict[str, str]:
    """Map each target to the file below custom/ that replaces it: hooks by name, ejected files by path."""
    own = {path: path for path in sorted(custom) if path in targets}
    own.update({hook.target: f"{hook.name}.py" for hook in task.hooks if f"{hook.name}.py" in custom})
    return own


def expression_names(pinned: Pinned, task: Task) -> Mapping[str, Json]:
    """Return the names that a condition may use: slots, `card.*`, `facts.*`, `objective.*`, `source.*`, `task.*`."""
    collected = pinned.decided.observed.profile.collected
    methods = labelling.methods(pinned.values.get(LABEL, labelling.NONE))
    card = {"id": pinned.base.id, "licence": pinned.base.licence, **pinned.base.card}
    return {
        **visible_names(pinned.decided.observed, task),
        **{f"card.{name}": value for name, value in card.items()},
        **pinned.values,
        "task.labels.count": len(pinned.labels),
        **{f"labelled.by.{name}": name in methods for name in METHODS},
        "labelled": bool(methods),
        "source.collected": collected is not None,
        "source.way": collected.way if collected else "",
        "source.driver": collected.pinned.get("driver", "") if collected else "",
    }


def _holds(when: str, names: Mapping[str, Json], task: Task, problems: list[Diagnostic]) -> bool:
    file = f"{task.name}/task.yaml"
    parsed = parse(when)
    if parsed.value is None:
        problems.extend(replace(one, span=None, file=file) for one in parsed.diagnostics)
        return False
    try:
        value = evaluate(parsed.value, names)
    except TypeError:
        value = UNKNOWN
    if isinstance(value, bool):
        return value
    message = f"the condition `{when}` of a variant is neither true nor false here"
    problems.append(Diagnostic(code="TS601", message=message, hint="use slots, card and facts only", file=file))
    return False


def _stages(
    pinned: Pinned,
    task: Task,
    code: Code,
    names: Mapping[str, Json],
    document: JsonObject,
    problems: list[Diagnostic],
) -> Iterator[Stage]:
    """Complete each stage: the data, every file that its modules need, every value that they read, every pin."""
    for stage in task.stages:
        if stage.when and not _holds(stage.when, names, task, problems):
            continue
        listed_deps = [*stage.deps, *(one.file for one in stage.sometimes if _holds(one.when, names, task, problems))]
        read = tuple(data(pinned.decided.observed) if dep == "{source}" else dep for dep in listed_deps)
        used = [entry.file for entry in stage.modules if _holds(entry.when, names, task, problems)]
        roots = [module_of(stage.cmd), *used]
        modules = code.files(roots)
        values = [path for path in code.values(roots, modules, document) if not covered(path, stage.params)]
        listed = [path for path in stage.params if not covered(path, values)]
        weights = _folders(pinned) if covered("model.base.sources", values) else ()
        deps = (*read, *weights, *(path for path in modules if path not in read))
        packages = [f"packages.{name}" for name in pins.used(code.packages(modules))]
        yield replace(stage, deps=deps, sometimes=(), params=(*listed, *values, *packages))


def data(observed: Observed) -> str:
    """Return the path of the data: the one that the spec names, or that of the snapshot."""
    if observed.profile.collected:
        return f"{FOLDER.as_posix()}/{DATA}"
    return observed.spec.source.value.rstrip("/")


def _folders(pinned: Pinned) -> tuple[str, ...]:
    """List the folders of the base's weights, where they come from folders alone: nothing pins what is in them."""
    sources = pinned.base.sources
    if any(source.kind != "path" for source in sources):
        return ()
    return tuple(PurePosixPath(source.name, source.path).as_posix() for source in sources)


def _order(stages: tuple[Stage, ...], task: Task, problems: list[Diagnostic]) -> tuple[Stage, ...]:
    """Sort the stages so that each follows those it reads from; the declared order where there is a choice."""
    after = upstream(stages)
    ordered: list[Stage] = []
    rest = list(stages)
    while rest:
        done = {stage.name for stage in ordered}
        ready = next((stage for stage in rest if after[stage.name] <= done), None)
        if ready is None:
            names = ", ".join(f"`{stage.name}`" for stage in rest)
            message = f"the stages {names} wait for one another"
            problems.append(Diagnostic(code="TS602", message=message, file=f"{task.name}/task.yaml"))
            return stages
        ordered.append(ready)
        rest.remove(ready)
    return tuple(ordered)


def upstream(stages: tuple[Stage, ...]) -> Mapping[str, frozenset[str]]:
    """Return for each stage the names of the stages whose outputs it reads."""
    makers = {path: stage.name for stage in stages for path in (*stage.outs, *stage.metrics, *stage.plots)}

    def maker(dep: str) -> Iterator[str]:
        for path, name in makers.items():
            if dep == path or dep.startswith(f"{path}/") or path.startswith(f"{dep}/"):
                yield name

    return {stage.name: frozenset(name for dep in stage.deps for name in maker(dep)) for stage in stages}


def _unknown_params(stages: tuple[Stage, ...], document: JsonObject, task: Task) -> Iterator[Diagnostic]:
    for stage in stages:
        for path in stage.params:
            if not has(document, path):
                message = f"the stage `{stage.name}` reads `{path}`, which params.yaml does not have"
                yield Diagnostic(code="TS603", message=message, file=f"{task.name}/task.yaml")
