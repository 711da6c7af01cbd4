"""What an agent remembers: typed steps, append-only."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.workspace.inside import append


@record(frozen=True, kw_only=True)
class Planned:
    """The slots of an SOP, in the order in which they are to be filled."""

    sop: str
    slots: tuple[str, ...]


@record(frozen=True, kw_only=True)
class Perceived:
    """What was seen before a slot was filled."""

    step: str
    names: dict[str, Json]


@record(frozen=True, kw_only=True)
class Filled:
    step: str
    slot: str
    value: Json
    author: str
    because: str
    tried: tuple[str, ...]
    """Values that could not be taken, each with its reason."""


@record(frozen=True, kw_only=True)
class Failed:
    step: str
    slot: str
    problems: tuple[str, ...]


Step: TypeAlias = Planned | Perceived | Filled | Failed


@dataclass(kw_only=True)
class Memory:
    """The steps of one agent in one session; `save` appends those that are not saved yet."""

    steps: list[Step] = field(default_factory=list)
    saved: int = 0

    def add(self, step: Step) -> None:
        """Remember one step."""
        self.steps.append(step)

    def save(self, folder: Path, path: Path) -> None:
        """Append the new steps to the JSON Lines file `path` below `folder`. Raises OSError, and Stopped with TS709."""
        fresh = self.steps[self.saved :]
        if not fresh:
            return
        lines = [{"kind": type(step).__name__.lower(), **asdict(step)} for step in fresh]
        append(folder, path, "".join(json.dumps(line, ensure_ascii=False, default=str) + "\n" for line in lines))
        self.saved = len(self.steps)
