"""run: dvc repro in its own process group, shown as it goes, safe to kill at any time."""

import os
import queue
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import loads
from pathlib import Path
from typing import cast

from trainerspec.collecting import snapshot
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.language import yaml
from trainerspec.running.events import PROGRESS, Began, Event, Failed, Said, Tail, line_event
from trainerspec.running.forks.beside import beside
from trainerspec.running.killed import killed, out_of_memory_kills, refused
from trainerspec.running.process_group import group
from trainerspec.running.repository import dvc_command, environment, prepare
from trainerspec.workspace.inside import own, refusal, whole
from trainerspec.workspace.inside import read as read_file
from trainerspec.workspace.strays import strays
from trainerspec.workspace.writer import writing

LOG = Path("work") / "run.log"
"""Everything that DVC and the stages printed in the last run."""
GENERATED = (
    "dvc.yaml",
    "dvc.lock",
    "params.yaml",
    "pipeline",
    "custom",
    "build",
    "collected",
    "labels",
    "package",
    "failure.json",
    "gate.json",
    "metrics.json",
)
"""What stages read and write: no symbolic link stands there."""
WRITTEN = (".dvc", "build", "labels", "work")
"""Folders in which DVC and stages write: no link that git tracks leads out of the repository there."""
COLLECT = "collect"
"""The stage whose output is the snapshot that `trainerspec collect` takes."""
LAST = 8192
"""Bytes at the end of the log that tell why a stage ended."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Stages:
    """A built project's stages."""

    titles: Mapping[str, str]
    """Name to title, in order."""
    threads: int


def stages(folder: Path) -> Stages:
    """Read dvc.yaml and params.yaml. Raises Stopped with TS803 when the project is not built."""
    try:
        pipeline = cast(dict[str, dict[str, dict[str, str]]], yaml.load(whole(folder / "dvc.yaml")))
        params = cast(dict[str, dict[str, int]], yaml.load(whole(folder / "params.yaml")))
        titles = {name: stage.get("desc", "") for name, stage in pipeline["stages"].items()}
        return Stages(titles=titles, threads=int(params["compute"]["threads"]))
    except FileNotFoundError as error:
        message = f"there is no `{Path(error.filename).name}` in `{folder}`"
        raise Stopped((Diagnostic(code="TS803", message=message, hint="run `trainerspec build` first"),)) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"`dvc.yaml` or `params.yaml` in `{folder}` cannot be read"
        hint = "run `trainerspec build --discard` to write them again"
        raise Stopped((Diagnostic(code="TS803", message=message, hint=hint),)) from error


def run(
    folder: Path,
    take: Callable[[Event], None],
    say: Say,
    *,
    no_scm: bool = False,
    until: str | Sequence[str] = "",
    force: bool = False,
    again: str = "",
) -> None:
    """Bring the project up to date with `dvc repro`, up to the stage or stages `until` when some are named.

    `again` names a stage that runs although it is up to date, and from no cache; what follows runs if it made
    something else. Holds the folder's lock meanwhile. Raises Stopped when a stage fails, with what it wrote to
    failure.json.
    """
    about = stages(folder)
    last = [until] if isinstance(until, str) and until else list(until)
    for unknown in [name for name in (*last, *([again] if again else [])) if name not in about.titles]:
        known = ", ".join(f"`{name}`" for name in about.titles)
        raise Stopped((Diagnostic(code="TS804", message=f"there is no stage `{unknown}`", hint=f"there are {known}"),))
    with writing(folder) as lock:
        unlinked(folder)
        for line in prepare(folder, no_scm=no_scm):
            say(line)
        (folder / LOG).parent.mkdir(exist_ok=True)
        for stale in (folder / PROGRESS, folder / "failure.json"):
            stale.unlink(missing_ok=True)
        forced = ["--force"] if force else []
        commands = [*(once_more(again, about) if again else []), ["repro", *forced, *last]]
        if (
            COLLECT in about.titles and not (folder / snapshot.FOLDER).exists()
        ):  # DVC runs a stage before it looks there
            command = [*dvc_command(), "checkout", snapshot.FOLDER.as_posix()]
            follow(command, folder, environment(about.threads), lock, take)
        with beside(folder, environment(about.threads), lock) as forks:

            def seen(event: Event) -> None:
                if isinstance(event, Began):
                    forks.begin(event.stage)
                take(event)

            for number, words in enumerate(commands):
                log = follow([*dvc_command(), *words], folder, forks.environment, lock, seen, append=number > 0)
                if log.status:
                    raise Stopped((failure(folder, log),))


def unlinked(folder: Path) -> None:
    """Raise Stopped with TS709 when a stage would read or write through a symbolic link of a checkout."""
    for place in (*GENERATED, LOG, PROGRESS):
        own(folder, place)
    root = Path(os.path.normpath(folder.absolute()))
    found = [name for place in WRITTEN for name in strays(root / place)]
    if found:
        raise Stopped(tuple(refusal(folder / name, name) for name in found))


def once_more(stage: str, about: Stages) -> list[list[str]]:
    """Return DVC's words that bring up to date what comes before a stage, and run it alone, whatever was cached.

    >>> once_more("gate", Stages(titles={"train": "", "gate": "", "package": ""}, threads=1))
    [['repro', 'train'], ['repro', '--force', '--single-item', 'gate']]
    """
    names = list(about.titles)
    before = names[: names.index(stage)]
    return [*([["repro", *before]] if before else []), ["repro", "--force", "--single-item", stage]]


@dataclass(kw_only=True)
class Log:
    """What was seen of a command."""

    status: int = 0
    stage: str = ""
    """The stage that failed, or else the last one that began."""
    why: str = ""
    """Why DVC could not begin it, in DVC's words."""
    tail: tuple[str, ...] = ()
    """The last lines that it printed."""
    kills: int = 0
    """How often the kernel killed for memory meanwhile."""


def follow(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    lock: int,
    take: Callable[[Event], None],
    *,
    append: bool = False,
) -> Log:
    """Run a command to its end and hand on what it says; its output goes to work/run.log too, anew or at its end."""
    lines: queue.Queue[str | None] = queue.Queue()
    before = out_of_memory_kills()
    seen, said = Log(), list[str]()

    def handle(event: Event | None) -> None:
        if isinstance(event, Began | Failed):
            seen.stage = event.stage
            if isinstance(event, Began):
                said.clear()
            else:
                seen.why = event.why
        elif isinstance(event, Said):
            said.append(event.line)
        if event is not None:
            take(event)

    with (
        (folder / LOG).open("a" if append else "w", encoding="utf-8") as log,
        group(command, folder, environ, [lock]) as process,
    ):
        assert process.stdout is not None
        printed = os.dup(process.stdout.fileno())  # the group's own is closed when it is killed, while this one is read

        def read() -> None:
            with open(printed, errors="replace") as own_end:
                for line in own_end:
                    lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        tail = Tail(folder)
        while (line := _next(lines)) is not None:
            if line:
                log.write(line)
                log.flush()
                handle(line_event(line))
            for event in tail.events():
                handle(event)
        seen.status = process.wait()
    seen.tail = tuple(said[-20:])
    seen.kills = out_of_memory_kills() - before
    return seen


def _next(lines: queue.Queue[str | None]) -> str | None:
    """Return the next line, empty when none came for a while, None at the end."""
    try:
        return lines.get(timeout=0.3)
    except queue.Empty:
        return ""


def failure(folder: Path, log: Log) -> Diagnostic:
    """Say why a run ended: what the stage wrote to failure.json, that it was killed, or the last lines printed."""
    try:
        told = loads((folder / "failure.json").read_text(encoding="utf-8"))
        message = f"stage `{told['stage']}`: {told['message']}"
        return Diagnostic(code=str(told["code"]), message=message, hint=str(told.get("hint", "")))
    except (FileNotFoundError, ValueError, LookupError, TypeError, RecursionError):
        pass
    printed = read_file(folder, LOG.as_posix()) or b""
    told_killed = killed(log.stage, printed[-LAST:].decode(errors="replace"), log.kills) if log.stage else None
    told = told_killed or (refused(log.stage, "\n".join((log.why, *log.tail))) if log.stage else None)
    if told is not None:
        return told
    where = f"stage `{log.stage}` failed" if log.stage else f"DVC failed with status {log.status}"
    reasons = [log.why] if log.why else [line for line in log.tail if line.strip()]
    last = f": {reasons[-1].strip()}" if reasons else ""
    return Diagnostic(code="TS806", message=f"{where}{last}", hint=f"all that it printed is in {LOG}")


def twice(folder: Path, take: Callable[[Event], None], say: Say, *, no_scm: bool = False) -> Mapping[str, str]:
    """Train twice in fresh processes and compare; gives the sha256 of each weights file.

    Raises Stopped with TS807 when they differ, or when a training fails.
    """
    run(folder, take, say, no_scm=no_scm, until="prepare")
    about = stages(folder)
    found: list[dict[str, str]] = []
    with writing(folder) as lock:
        for number in (1, 2):
            out = folder / "work" / "twice" / str(number)
            shutil.rmtree(out, ignore_errors=True)
            say(f"training {number} of 2")
            command = ["python", "-m", "pipeline.train", "--out", out.relative_to(folder).as_posix()]
            log = follow(command, folder, environment(about.threads), lock, take)
            if log.status:
                raise Stopped((failure(folder, log),))
            found.append(weights(out))
    shutil.rmtree(folder / "work" / "twice")
    if not found[0] or found[0] != found[1]:
        message = f"two trainings gave different weights: {found[0]} and {found[1]}"
        hint = "run on one machine with `compute.threads` fixed; see work/run.log"
        raise Stopped((Diagnostic(code="TS807", message=message, hint=hint),))
    return found[0]


def weights(folder: Path) -> dict[str, str]:
    """Return the sha256 of every weights file below a folder, by its path there."""
    files = sorted(folder.rglob("*.safetensors"))
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
