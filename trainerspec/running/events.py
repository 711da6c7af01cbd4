"""What DVC and the stages say, as events."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

PROGRESS = Path("work") / "progress.jsonl"
_STAGE = re.compile(r"(?:Running stage|Stage) '(?:.*:)?([\w.@-]+)'(.*)")
_FAILED = re.compile(r"ERROR: failed to reproduce '(?:[^']*:)?([\w.@-]+)'(?:: (?!failed to run)(.*))?.*")
_NOISE = re.compile(
    r"^(> |Updating lock file|Generating lock file|To track the changes|To enable auto staging|Use `dvc push`"
    r"|Data and pipelines are up to date|\s*git add |\s*dvc config core.autostage"
    r"|\S+ \S+ INFO (?:mlflow|alembic)\.|WARNING: .*had been killed|$)"
)


@dataclass(frozen=True, kw_only=True)
class Began:
    """A stage runs now."""

    stage: str


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A stage did not have to run."""

    stage: str
    why: Literal["unchanged", "cached"]


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A stage failed, or could not begin."""

    stage: str
    why: str
    """DVC's words when the command did not even start; empty when it ran and failed."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line that a stage printed."""

    line: str


@dataclass(frozen=True, kw_only=True)
class Progressed:
    """How far a stage is."""

    stage: str
    step: float
    total: float
    unit: str
    time: float
    """Seconds since the epoch."""


Event: TypeAlias = Began | Skipped | Failed | Said | Progressed


def line_event(line: str) -> Event | None:
    """Understand one line of `dvc repro`; None for what DVC says to itself.

    >>> line_event("Running stage 'train':")
    Began(stage='train')
    >>> line_event("Stage 'sub/dvc.yaml:prepare' didn't change, skipping")
    Skipped(stage='prepare', why='unchanged')
    """
    text = line.rstrip()
    if failed := _FAILED.match(text):
        return Failed(stage=failed[1], why=failed[2] or "")
    if stage := _STAGE.fullmatch(text):
        if text.startswith("Running"):
            return Began(stage=stage[1])
        if "didn't change" in stage[2]:
            return Skipped(stage=stage[1], why="unchanged")
        if "is cached" in stage[2]:
            return Skipped(stage=stage[1], why="cached")
    return None if _NOISE.match(text) else Said(line=text)


class Tail:
    """Reads the lines that stages append to work/progress.jsonl."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PROGRESS
        self.offset = 0

    def events(self) -> Iterator[Progressed]:
        """Return what was appended since the last call; half a line is left for the next one."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                content = file.read()
        except FileNotFoundError:
            return
        whole, newline, _ = content.rpartition(b"\n")
        self.offset += len(whole) + len(newline)
        for line in whole.splitlines():
            event = _progress(line)
            if event is not None:
                yield event


def _progress(line: bytes) -> Progressed | None:
    try:
        data = json.loads(line)
        step, total, at = float(data["step"]), float(data["total"]), float(data["t"])
        return Progressed(stage=str(data["stage"]), step=step, total=total, unit=str(data["unit"]), time=at)
    except (ValueError, KeyError, TypeError):
        return None
