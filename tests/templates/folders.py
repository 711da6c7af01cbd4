"""Copy the modules of any task, for imports; build its example spec on its sample data, for runs."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tests.templates import assemble
from tests.templates.conftest import forget
from tests.templates.processes import call
from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.passes.code import COMPILERS
from trainerspec.passes.import_graph import closure, module_of
from trainerspec.passes.module import read_module
from trainerspec.passes.plan import COMMANDS

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
IGNORED = shutil.ignore_patterns("__pycache__", ".*_cache")


def modules(folder: Path, task: str, variants: Mapping[str, str] | None = None) -> Path:
    """Copy the shared modules, the task's over them, and `variants` (target to file in the task's folder)."""
    below = [TEMPLATES / tasks()[task].extends / "project"] if tasks()[task].extends else []
    for part in (TEMPLATES / "_shared" / "project", *below, TEMPLATES / task / "project"):
        shutil.copytree(part, folder, dirs_exist_ok=True, ignore=IGNORED)
    assemble.compilers(folder)
    for target, file in (variants or {}).items():
        shutil.copy(tasks()[task].file(tasks()[task].origin(file)), folder / target)
    return folder


def variants(tasks: Mapping[str, Task]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Return each task with the files that a decision puts over its own: none, a variant's, or a card's."""
    for name, task in tasks.items():
        conditions = dict.fromkeys(variant.when for variant in task.variants)
        chosen = [
            {},
            *(
                {variant.target: variant.file for variant in task.variants if variant.when == when}
                for when in conditions
            ),
            *(card.files for card in task.cards.values()),
        ]
        yield from ((name, files) for number, files in enumerate(chosen) if files not in chosen[:number])


def emitted(folder: Path, task: Task, chosen: Mapping[str, str]) -> Path:
    """Copy the modules that a project of the task has, with these files over its own, and what any stage may start."""
    there = {
        path.relative_to(root).as_posix(): path
        for root in (TEMPLATES / "_shared" / "project", *(one / "project" for one in task.layers.values()))
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for room, place in COMPILERS.items():
        there |= {f"pipeline/{room}/{path.relative_to(place()).as_posix()}": path for path in place().rglob("*.py")}
    there.update({target: task.file(task.origin(file)) for target, file in chosen.items()})
    stages = [stage for stage in task.stages if stage.when != "labelled" or task.labels == "required"]
    roots = [root for stage in stages for root in (module_of(stage.cmd), *(one.file for one in stage.modules))]
    roots += COMMANDS
    for target in closure(roots, there, lambda path: read_module(there[path].read_bytes(), path)):
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(there[target], folder / target)
    return folder


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Make `import pipeline...` find the modules of a folder, and forget them afterwards."""
    sys.path.insert(0, str(folder))
    forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        forget()


def sample(task: str) -> ModuleType:
    """Import a task's sample.py."""
    spec = importlib.util.spec_from_file_location(f"sample_{task}", TEMPLATES / task / "sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path, task: str, edits: Mapping[str, str] | None = None, **sized: int) -> Path:
    """Build a task's example.yaml, with some texts replaced, on its sample data: `sized` is how much (`rows=80`)."""
    folder.mkdir(parents=True)
    text = (TEMPLATES / task / "example.yaml").read_text(encoding="utf-8")
    for old, new in (edits or {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "trainer.yaml").write_text(text, encoding="utf-8")
    sample(task).write(folder / "data", **sized)
    done = call(folder, "trainerspec", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def stages(folder: Path, *names: str) -> None:
    """Run stages, and fail with what a failing one said."""
    for name in names:
        done = call(folder, *f"pipeline.{name}".split())
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
