"""For every task, variant and custom hook: a changed module makes exactly those stages stale that reach it."""

import importlib.util
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

from tests.templates import folders
from trainerspec import assets
from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task, Variant
from trainerspec.cli.place import locate, workplace
from trainerspec.compiler import compile_plan
from trainerspec.ir.decision import Pinned
from trainerspec.ir.plan import Plan
from trainerspec.passes.code import chosen_bytes
from trainerspec.passes.import_graph import module_of
from trainerspec.passes.plan import plan

TASKS = tasks(Path("none"))
CASES = list(folders.variants(TASKS))
HELPER = b"WIDTH = 8\n"
CHANGED = b"\n# changed\n"
DRAWN = 2
"""Modules of a case that are changed for real; for the others what stages depend on is compared."""


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Pinned]:
    """Return each task's example, decided on its sample data."""
    found = {}
    for name in TASKS:
        folder = tmp_path_factory.mktemp(name)
        (folder / "trainer.yaml").write_bytes((folders.TEMPLATES / name / "example.yaml").read_bytes())
        folders.sample(name).write(folder / "data")
        source, place = locate(folder)
        with workplace(source, place) as work:
            found[name] = compile_plan(source, work).pinned
    return found


@cache
def emitted_reader() -> ModuleType:
    """Load the reader of imports that projects have: written apart from the compiler's."""
    path = assets.folder("templates") / "_shared/project/pipeline/base/imports.py"
    spec = importlib.util.spec_from_file_location("emitted_imports_of_stages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    named, known = module.named, dict[tuple[str, bytes], tuple[str, ...]]()

    def remembered(path: Path, name: str) -> tuple[str, ...]:
        key = name, path.read_bytes()
        if key not in known:
            known[key] = tuple(named(path, name))
        return known[key]

    module.named = remembered
    return module


def with_files(task: Task, chosen: Mapping[str, str]) -> Task:
    """Return the task with these files over its own, whatever was decided."""
    cards = {name: replace(card, files={}) for name, card in task.cards.items()}
    return replace(
        task, cards=cards, variants=tuple(Variant(target=at, file=file, when="true") for at, file in chosen.items())
    )


def hooks(task: Task, plain: Plan) -> dict[str, bytes]:
    """Return a file for each hook: what it takes the place of, with a helper."""
    at = {choice.target: choice for choice in plain.copies}
    found = {
        f"{hook.name}.py": chosen_bytes(at[hook.target], task, {}) + b"\nfrom custom.layers import WIDTH\n"
        for hook in task.hooks
        if hook.target in at
    }
    return {**found, "layers.py": HELPER, "unused.py": b""} if found else {}


def contents(made: Plan, task: Task, custom: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the code of a project by its path."""
    own = {f"custom/{path}": content for path, content in custom.items() if path not in made.hooks}
    emitted = {one.target: chosen_bytes(one, task, custom) for one in made.copies if one.target.startswith("pipeline/")}
    return emitted | own


def reached(root: Path, made: Plan, task: Task) -> dict[str, set[str]]:
    """Return the files that each stage's modules need, as the emitted reader finds them."""
    reader = emitted_reader()
    reader.ROOT = root
    found = {}
    kept = {stage.name for stage in made.stages}
    for stage in (stage for stage in task.stages if stage.name in kept):
        alone = {module_of(stage.cmd), *(entry.file for entry in stage.modules if entry.when == "true")}
        found[stage.name] = {path.relative_to(root).as_posix() for path in reader.reached(*alone)}
    return found


def digests(made: Plan, code: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what DVC compares of a stage's code: its command, its parameters' names and the files that it reads."""
    return {
        stage.name: sha256(repr((stage.cmd, stage.params, [code.get(dep) for dep in stage.deps])).encode()).digest()
        for stage in made.stages
    }


def written(root: Path, code: Mapping[str, bytes]) -> Path:
    for path, content in code.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def made(pinned: Pinned, task: Task, custom: Mapping[str, bytes]) -> Plan:
    outcome = plan(pinned, task, custom)
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def projects(pinned: Pinned, task: Task) -> Iterator[tuple[Plan, dict[str, bytes]]]:
    """Return the plan of the task alone, and with every hook."""
    plain = made(pinned, task, {})
    yield plain, {}
    custom = hooks(task, plain)
    if custom:
        yield made(pinned, task, custom), custom


@pytest.mark.parametrize(("name", "chosen"), CASES, ids=[f"{name}-{'-'.join(files.values())}" for name, files in CASES])
def test_a_changed_module_makes_exactly_the_stages_stale_that_reach_it(
    name: str, chosen: Mapping[str, str], pinned: Mapping[str, Pinned], tmp_path: Path
) -> None:
    task = with_files(TASKS[name], chosen)
    for number, (before, custom) in enumerate(projects(pinned[name], task)):
        code = contents(before, task, custom)
        reaches = reached(written(tmp_path / str(number), code), before, task)
        for stage in before.stages:
            assert {dep for dep in stage.deps if dep in code} == reaches[stage.name], stage.name
        draw = random.Random(f"{name}{chosen}{number}")
        for path in draw.sample(sorted(code), DRAWN):
            origin = next((one.origin for one in before.copies if one.target == path), path)
            own = (origin if origin.startswith("custom/") else path).removeprefix("custom/")
            edited = {**custom, own: code[path] + CHANGED}
            after = made(pinned[name], task, edited)
            new = digests(after, contents(after, task, edited))
            stale = {stage for stage, digest in digests(before, code).items() if digest != new[stage]}
            assert stale == {stage for stage, files in reaches.items() if path in files}, path
