"""emit: Plan -> Project. Every file of the project, as bytes in memory, the same on every machine."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from trainerspec.backends import docs, dvc, kserve, labels, params, project, triton
from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.plan import Plan
from trainerspec.ir.project import Project
from trainerspec.passes.code import OWN, chosen_bytes
from trainerspec.workspace import lock

GENERATED = (params.files, dvc.files, project.files, triton.files, kserve.files, docs.files, labels.files)
"""The backends, in order; no two write the same path."""


def emit(plan: Plan, task: Task, custom: Mapping[str, bytes], origins: lock.Origins) -> Outcome[Project]:
    """Make the project's files: copies first, then the generated documents, trainer.lock last.

    A file below custom/ with a generated document's path takes its place. Fails with TS604 when a template
    writes where only the user may, or where another one writes.
    """
    files: dict[str, bytes] = {}
    problems: list[Diagnostic] = []
    for choice in plan.copies:
        if choice.target.startswith(OWN):
            problems.append(_collision(choice.target, "custom/ is the user's", task))
        files[choice.target] = chosen_bytes(choice, task, custom)
    own: dict[str, str] = {}
    for backend in GENERATED:
        for path, content in backend(plan, task).items():
            if path in files:
                problems.append(_collision(path, "it is written twice", task))
            files[path] = custom.get(path, content)
            if path in custom:
                own[path] = sha256(custom[path]).hexdigest()
    if problems:
        return Outcome(diagnostics=tuple(problems))
    finished = replace(plan, hooks=dict(sorted({**plan.hooks, **own}.items())))
    files[lock.NAME] = lock.write_lock(finished, origins, files)
    return Outcome(value=Project(files=dict(sorted(files.items()))))


def _collision(path: str, reason: str, task: Task) -> Diagnostic:
    message = f"the templates of `{task.name}` cannot write `{path}`: {reason}"
    return Diagnostic(code="TS604", message=message, file=f"{task.name}/project")
