"""What was tried before: the rounds of a project, in .trainerspec/agents/history.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainerspec.ir.json import Json
from trainerspec.ir.spec import SlotPath
from trainerspec.workspace.inside import read as read_file
from trainerspec.workspace.inside import replace_file
from trainerspec.workspace.writer import unwritable

PLACE = Path(".trainerspec") / "agents" / "history.json"
MOST = 50
"""Rounds that are remembered."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run: with what, and what came of it."""

    data: str
    """The fingerprint of the data; results on other data do not compare."""
    slots: Mapping[SlotPath, Json]
    """As trainer.yaml had them: a value, or `auto`."""
    names: Mapping[str, Json]
    """Everything that SOPs could read after it."""
    measured: Mapping[str, float]
    quality: tuple[str, ...]
    device: str
    failed: tuple[str, ...] = ()
    """The names of its failure; empty when all stages ended well."""
    proposed: Mapping[SlotPath, Json] | None = None
    """What `revise` proposed then."""


def read(folder: Path) -> tuple[Round, ...]:
    """Return the rounds, oldest first; none when there is no history, or none that can be read."""
    try:
        data = json.loads(read_file(folder, PLACE.as_posix()) or b"")
        return tuple(_round(one) for one in data["rounds"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _round(data: Mapping[str, Any]) -> Round:
    return Round(**{**data, "quality": tuple(data["quality"]), "failed": tuple(data["failed"])})


def remember(folder: Path, rounds: Sequence[Round], now: Round) -> None:
    """Add a round; one with the same slots and data takes the place of the older one."""
    kept = [one for one in rounds if (one.data, one.slots) != (now.data, now.slots)]
    save(folder, PLACE, {"rounds": [asdict(one) for one in [*kept, now][-MOST:]]})


def save(folder: Path, path: Path, data: Json) -> None:
    """Write JSON below `folder` so that readers see the old content or the new, also after a kill.

    Raises Stopped with TS705 and TS709.
    """
    try:
        replace_file(folder, path, json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode())
    except OSError as error:
        unwritable(folder, error)
