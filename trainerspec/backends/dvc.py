"""dvc.yaml and .gitignore: the stages, and what git leaves to DVC."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from trainerspec.catalog.model import Task
from trainerspec.ir.declared import Stage
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.language import escaping
from trainerspec.language.yaml import dump

HEADING = "The stages, made by `trainerspec build`. Run them: `trainerspec run`, or `dvc repro` with `python` on PATH."
SIDE_PATHS = (
    "/work",
    "/failure.json",
    "/mlflow.db",
    "/mlflow.db-*",
    "/mlruns",
    "/mlartifacts",
    "/dvc_plots",
    "/.trainerspec/agents",
    "/.trainerspec/auto.json",
    "/.trainerspec/write",
    "/.venv",
    "__pycache__/",
    "*.egg-info/",
)
"""What stages and tools leave beside the outputs."""


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write dvc.yaml and .gitignore."""
    return {"dvc.yaml": dump(stages(plan), heading=HEADING), ".gitignore": gitignore(plan)}


def stages(plan: Plan) -> JsonObject:
    """Describe the stages as DVC 3 reads them."""
    return {"stages": {stage.name: _stage(stage) for stage in plan.stages}}


def _stage(stage: Stage) -> JsonObject:
    described: dict[str, Json] = {"desc": stage.title, "cmd": stage.cmd}
    if stage.deps:
        described["deps"] = [escaping.dvc(path) for path in stage.deps]
    if stage.params:
        described["params"] = list(stage.params)
    if stage.outs:
        described["outs"] = [{path: {"persist": True}} if stage.persist else path for path in stage.outs]
    if stage.metrics:
        described["metrics"] = [{path: {"cache": False}} for path in stage.metrics]
    if stage.plots:
        described["plots"] = list(stage.plots)
    if stage.always:
        described["always_changed"] = True
    return described


def gitignore(plan: Plan) -> bytes:
    """List every cached output, so that DVC never has to write a .gitignore of its own.

    DVC rolls its own .gitignore back when a later stage fails, and does not write it again.
    The user's data is listed too when it lies in the project: DVC tracks its digest only.
    """
    outputs = [f"/{path.rstrip('/')}" for stage in plan.stages for path in (*stage.outs, *stage.plots)]
    lines = ["# Made by `trainerspec build`: outputs that DVC keeps, and what tools leave behind.", *outputs]
    source = plan.pinned.decided.observed.spec.source
    if source.kind == "path" and inside(source.value):
        lines.append(escaping.gitignore(PurePosixPath(source.value).as_posix()))
    return "\n".join([*lines, *SIDE_PATHS, ""]).encode()


def inside(path: str) -> bool:
    """Tell whether a path lies below the project's folder.

    >>> inside("data/articles"), inside("../data"), inside("/data"), inside(".")
    (True, False, False, False)
    """
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts
