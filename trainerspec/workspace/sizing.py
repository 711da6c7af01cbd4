"""deploy/targets/<env>/sizing.yaml: who decided how large a release is made there, from which facts and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.sizing import Sizing
from trainerspec.language import yaml
from trainerspec.workspace.inside import own, replace_file, whole
from trainerspec.workspace.lock import describe, read_decision

NAME = "sizing.yaml"
VERSION = 1
HEADING = """What kustomization.yaml beside it changes of the base's sizes, decided by SOP from what was measured. Made
by `trainerspec push`. What is to be another number stands under `serve` in trainer.yaml."""


def write_sizing(project: Path, folder: Path, sizing: Sizing | None) -> None:
    """Write sizing.yaml whole or not at all, in a folder of the project; without a sizing there is none."""
    place = own(project, (folder / NAME).relative_to(project))
    if sizing is None:
        place.unlink(missing_ok=True)
        return
    document: dict[str, Json] = {
        "sizing": VERSION,
        "release": sizing.release,
        "task": sizing.task,
        "decisions": [describe(decision) for decision in sizing.decisions.values()],
        "facts": dict(sizing.facts),
    }
    replace_file(project, place.relative_to(project), yaml.dump(document, heading=HEADING))


def read_sizing(folder: Path) -> Sizing | None:
    """Read sizing.yaml; None when there is none. Raises Stopped TS886 when it is not one that a push wrote."""
    place = folder / NAME
    if not place.is_file():
        return None
    try:
        data = yaml.load(whole(place))
        if not isinstance(data, Mapping) or data.get("sizing") != VERSION:
            raise ValueError(f"it does not say `sizing: {VERSION}`")
        return _sizing(cast(Mapping[str, Any], data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error).splitlines()[0]
        hint = "restore it from git, or push again"
        problem = Diagnostic(code="TS886", message=f"`{NAME}` cannot be read: {reason}", hint=hint, file=str(place))
        raise Stopped((problem,)) from error


def _sizing(data: Mapping[str, Any]) -> Sizing:
    return Sizing(
        release=data["release"],
        task=data["task"],
        facts=dict(data["facts"]),
        decisions={one["slot"]: read_decision(one) for one in data["decisions"]},
    )
