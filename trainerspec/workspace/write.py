"""write: Project -> folder. All of it or nothing, and never over what a person wrote."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.project import Project
from trainerspec.workspace import lock

SPEC = "trainer.yaml"
OWN = "custom"
JOURNAL = Path(".trainerspec") / "write"
"""Where new files wait: on the same file system, so that each takes its place in one step."""
UNCHECKED = ".trainerspec/"
"""Emitted files below it are made anew without asking."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What writing a project changes in its folder."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, kw_only=True)
class Edited:
    """A file in the way: edited since it was emitted, or never emitted."""

    path: str
    known: bool
    """Whether the last build emitted it."""
    diff: str
    """Unified diff from what would be emitted to what is there; empty when it is not text."""


def write(project: Project, folder: Path, *, discard: bool = False) -> Outcome[Changes]:
    """Write a project's files into `folder`, and remove those of the last build that are no longer emitted.

    Never touches trainer.yaml, custom/ or any file that was not emitted. Fails with TS702 when an emitted file
    was edited and with TS703 when a file of somebody else is in the way, unless `discard`; with TS705
    when the folder cannot be written. Nothing is written then.
    """
    recover(folder)
    previous = emitted(folder)
    if previous.value is None:
        return Outcome(diagnostics=previous.diagnostics)
    blocked = () if discard else edited(project, folder, previous.value)
    if blocked:
        return Outcome(diagnostics=tuple(_in_the_way(one) for one in blocked))
    changes = compare(project, folder, previous.value)
    if not changes:
        return Outcome(value=changes)
    blockers = _blockers(folder, changes)
    if blockers:
        return Outcome(diagnostics=blockers)
    try:
        _prepare(project, folder, changes)
    except OSError as error:
        shutil.rmtree(folder / JOURNAL, ignore_errors=True)
        message = f"cannot write into `{folder}`: {error.strerror or error}"
        return Outcome(
            diagnostics=(Diagnostic(code="TS705", message=message, hint="nothing was written", file=str(folder)),)
        )
    recover(folder)
    return Outcome(value=changes)


def emitted(folder: Path) -> Outcome[Mapping[str, str]]:
    """Return path and sha256 of the files that the last build wrote; empty before the first one."""
    path = folder / lock.NAME
    if not path.is_file():
        return Outcome(value={})
    outcome = lock.read_lock(path.read_bytes())
    return Outcome(value=outcome.value.files if outcome.value else None, diagnostics=outcome.diagnostics)


def edited(project: Project, folder: Path, previous: Mapping[str, str]) -> tuple[Edited, ...]:
    """Find the files that a person changed or put where the project has one of its own."""
    found = []
    for path in sorted({*previous, *project.files} - {lock.NAME}):
        there = _read(folder / path)
        new = project.files.get(path)
        if there is None or there == new or path.startswith(UNCHECKED):
            continue
        if sha256(there).hexdigest() != previous.get(path):
            found.append(Edited(path=path, known=path in previous, diff=_diff(path, new or b"", there)))
    return tuple(found)


def compare(project: Project, folder: Path, previous: Mapping[str, str]) -> Changes:
    """Say which files writing would add, change and remove."""
    old = {path: _read(folder / path) for path in project.files}
    return Changes(
        added=tuple(path for path in sorted(project.files) if old[path] is None),
        changed=tuple(path for path, content in sorted(project.files.items()) if old[path] not in (None, content)),
        removed=tuple(path for path in sorted(set(previous) - set(project.files)) if (folder / path).is_file()),
    )


def recover(folder: Path) -> None:
    """Finish a write that was interrupted after its journal was complete; drop one that was not."""
    place = folder / JOURNAL
    if not place.is_dir():
        return
    journal = place / "journal.json"
    if journal.is_file():
        steps = json.loads(journal.read_text(encoding="utf-8"))
        for waiting, path in steps["replace"]:
            target = folder / path
            if (place / waiting).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(place / waiting, target)
        for path in steps["remove"]:
            (folder / path).unlink(missing_ok=True)
            _prune(folder, Path(path).parent)
    shutil.rmtree(place)
    _prune(folder, JOURNAL.parent)


def ejection(file: str, folder: Path, hooks: Mapping[str, str]) -> Outcome[str]:
    """Say where below custom/ an emitted file goes when it becomes the user's; `hooks` maps target to hook name.

    Fails with TS704 when the file is not one that can be ejected, or custom/ has it already.
    """
    path = Path(os.path.normpath(file)).as_posix()
    target = f"{hooks[path]}.py" if path in hooks else path
    problem = ""
    if path in (lock.NAME, SPEC) or path.startswith((f"{OWN}/", "../", "/", UNCHECKED)):
        problem = f"`{file}` cannot be ejected"
    elif not (folder / path).is_file():
        problem = f"there is no `{file}` to eject"
    elif (folder / OWN / target).exists():
        problem = f"`{OWN}/{target}` is there already"
    if problem:
        hint = "name one of the files that `trainer.lock` lists, as it stands there"
        return Outcome(diagnostics=(Diagnostic(code="TS704", message=problem, hint=hint, file=path),))
    return Outcome(value=target)


def adopt(own: Mapping[str, bytes], folder: Path) -> None:
    """Write ejected files below custom/, where the next build takes them from."""
    for path, content in own.items():
        target = folder / OWN / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _save(target, content)


def custom(folder: Path) -> Mapping[str, bytes]:
    """Read the user's own files, by their path below custom/."""
    root = folder / OWN
    paths = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
    skipped = {"__pycache__", ".ruff_cache", ".mypy_cache"}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if not skipped & set(path.relative_to(root).parts) and path.suffix != ".pyc"
    }


def _blockers(folder: Path, changes: Changes) -> tuple[Diagnostic, ...]:
    """Find what is not a file where a file has to go, and not a folder where a folder has to be."""
    problems = {}
    for path in (*changes.added, *changes.changed):
        for place in (Path(path), *Path(path).parents[:-1]):
            there = folder / place
            if there.is_dir() if place == Path(path) else there.exists() and not there.is_dir():
                message = f"`{place.as_posix()}` is in the way of `{path}`"
                problems[place] = Diagnostic(code="TS705", message=message, hint="move it away", file=place.as_posix())
    return tuple(problems.values())


def _prepare(project: Project, folder: Path, changes: Changes) -> None:
    """Put the new files beside the journal, and the journal last: from then on the write is finished, not undone."""
    place = folder / JOURNAL
    place.mkdir(parents=True)
    paths = sorted((*changes.added, *changes.changed), key=lambda path: (path == lock.NAME, path))
    steps = []
    for number, path in enumerate(paths):
        (place / str(number)).write_bytes(project.files[path])
        steps.append((str(number), path))
    journal = json.dumps({"replace": steps, "remove": list(changes.removed)})
    _save(place / "journal.part", journal.encode())
    os.replace(place / "journal.part", place / "journal.json")


def replace_file(path: Path, content: bytes) -> None:
    """Write one file so that readers see the old content or the new, also after a kill."""
    part = path.with_name(f".{path.name}.part")
    _save(part, content)
    os.replace(part, path)


def _save(path: Path, content: bytes) -> None:
    """Write to the disk itself, not only to its cache."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _prune(folder: Path, relative: Path) -> None:
    """Remove folders that removing files has emptied."""
    while relative.parts:
        place = folder / relative
        if place.is_dir():
            if any(place.iterdir()):
                return
            place.rmdir()
        relative = relative.parent


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _diff(path: str, new: bytes, there: bytes) -> str:
    try:
        before, after = new.decode().splitlines(True), there.decode().splitlines(True)
    except UnicodeDecodeError:
        return ""
    lines = list(unified_diff(before, after, f"{path} (generated)", f"{path} (yours)", n=2))
    shown = lines[:60]
    more = [f"... {len(lines) - 60} more lines\n"] if len(lines) > 60 else []
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in [*shown, *more])


def _in_the_way(one: Edited) -> Diagnostic:
    code, what = ("TS702", "was edited") if one.known else ("TS703", "is in the way")
    hint = f"`trainerspec build --eject {one.path}` keeps yours in custom/, `--discard` takes the generated one"
    return Diagnostic(code=code, message=f"`{one.path}` {what}", hint=hint, file=one.path)
