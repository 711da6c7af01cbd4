"""What an agent remembers: typed steps, append-only."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

from trainerspec.ir.json import Json


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The slots of an SOP, in the order in which they are to be filled."""

    sop: str
    slots: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Perceived:
    """What was seen before a slot was filled."""

    step: str
    names: dict[str, Json]


@dataclass(frozen=True, kw_only=True)
class Filled:
    step: str
    slot: str
    value: Json
    author: str
    because: str
    tried: tuple[str, ...]
    """Values that could not be taken, each with its reason."""


@dataclass(frozen=True, kw_only=True)
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

    def save(self, path: Path) -> None:
        """Append the new steps to a JSON Lines file."""
        fresh = self.steps[self.saved :]
        if not fresh:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            for step in fresh:
                line = {"kind": type(step).__name__.lower(), **asdict(step)}
                file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self.saved = len(self.steps)
