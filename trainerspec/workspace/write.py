"""write: Project -> folder. All of it or nothing, and never over what a person wrote."""

import os
from collections.abc import Mapping
from contextlib import suppress
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Outcome, Stopped
from trainerspec.ir.project import Project
from trainerspec.ir.record import record
from trainerspec.workspace import journal, lock
from trainerspec.workspace.inside import fault, linked, own, read, refusal, replace_file
from trainerspec.workspace.writer import unwritable, writing

SPEC = "trainer.yaml"
OWN = "custom"
UNCHECKED = ".trainerspec/"
"""Emitted files below it are made anew without asking."""


@record(frozen=True, kw_only=True)
class Changes:
    """What writing a project changes in its folder."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@record(frozen=True, kw_only=True)
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
    when the folder cannot be written, and with TS709 when a symbolic link is on the way. Nothing is written then.
    """
    with writing(folder):
        recover(folder)
        previous = emitted(folder)
        if previous.value is None:
            return Outcome(diagnostics=previous.diagnostics)
        links = linked(folder, sorted({*previous.value, *project.files}))
        blocked = () if discard or links else edited(project, folder, previous.value)
        if links or blocked:
            return Outcome(diagnostics=links or tuple(_in_the_way(one) for one in blocked))
        changes = compare(project, folder, previous.value)
        problems = _blockers(folder, changes) if changes else ()
        problems = problems or (_put(project, folder, changes) if changes else ())
        return Outcome(diagnostics=problems) if problems else Outcome(value=changes)


def _put(project: Project, folder: Path, changes: Changes) -> tuple[Diagnostic, ...]:
    """Let the new files wait beside the old ones, then let all take their places. Tells why it cannot."""
    refused = [(path, why) for path in (*changes.added, *changes.changed, *changes.removed) if (why := fault(path))]
    if refused:
        return tuple(Diagnostic(code="TS705", message=f"`{path}`: {why}", file=path) for path, why in refused)
    paths = sorted((*changes.added, *changes.changed), key=lambda path: (path == lock.NAME, path))
    begun, complete = None, False
    try:
        begun = journal.begin(folder)
        journal.fill(begun, [(path, project.files[path]) for path in paths], changes.removed)
        complete = True
        journal.recover(folder)
    except OSError as error:
        if begun is not None and not complete:
            with suppress(OSError):
                journal.end(folder, begun)
        message = f"cannot write into `{folder}`: {(error.strerror or str(error)).lower()}"
        hint = "the next `trainerspec build` finishes it" if complete else "nothing was written"
        return (Diagnostic(code="TS705", message=message, hint=hint, file=str(folder)),)
    return ()


def emitted(folder: Path) -> Outcome[Mapping[str, str]]:
    """Return path and sha256 of the files that the last build wrote; empty before the first one."""
    links = linked(folder, [lock.NAME])
    content = read(folder, lock.NAME)
    if content is None:
        return Outcome(diagnostics=links) if links else Outcome(value={})
    outcome = lock.read_lock(content)
    return Outcome(value=outcome.value.files if outcome.value else None, diagnostics=outcome.diagnostics)


def edited(project: Project, folder: Path, previous: Mapping[str, str]) -> tuple[Edited, ...]:
    """Find the files that a person changed or put where the project has one of its own."""
    found = []
    for path in sorted({*previous, *project.files} - {lock.NAME}):
        there = read(folder, path)
        new = project.files.get(path)
        if there is None or there == new or path.startswith(UNCHECKED):
            continue
        if sha256(there).hexdigest() != previous.get(path):
            found.append(Edited(path=path, known=path in previous, diff=_diff(path, new or b"", there)))
    return tuple(found)


def compare(project: Project, folder: Path, previous: Mapping[str, str]) -> Changes:
    """Say which files writing would add, change and remove."""
    old = {path: read(folder, path) for path in project.files}
    return Changes(
        added=tuple(path for path in sorted(project.files) if old[path] is None),
        changed=tuple(path for path, content in sorted(project.files.items()) if old[path] not in (None, content)),
        removed=tuple(path for path in sorted(set(previous) - set(project.files)) if (folder / path).is_file()),
    )


def recover(folder: Path) -> None:
    """Finish a write of this user that was cut off after its journal was complete; drop one that was not.

    Raises Stopped with TS705 when the folder cannot be written, and with TS805 when somebody else writes there.
    """
    with writing(folder):
        try:
            journal.recover(folder)
        except OSError as error:
            unwritable(folder, error)


def ejection(file: str, folder: Path, hooks: Mapping[str, str]) -> Outcome[str]:
    """Say where below custom/ an emitted file goes when it becomes the user's; `hooks` maps target to hook name.

    Fails with TS704 when the file is not one that can be ejected, or custom/ has it already.
    """
    path = Path(os.path.normpath(file)).as_posix()
    target = f"{hooks[path]}.py" if path in hooks else path
    problem = ""
    if path in (lock.NAME, SPEC) or path.startswith((f"{OWN}/", "../", "/", UNCHECKED)):
        problem = f"`{file}` cannot be ejected"
    elif read(folder, path) is None:
        problem = f"there is no file `{file}` to eject"
    elif (folder / OWN / target).exists():
        problem = f"`{OWN}/{target}` is there already"
    if problem:
        hint = "name one of the files that `trainer.lock` lists, as it stands there"
        return Outcome(diagnostics=(Diagnostic(code="TS704", message=problem, hint=hint, file=path),))
    return Outcome(value=target)


def adopt(files: Mapping[str, bytes], folder: Path) -> None:
    """Write ejected files below custom/, where the next build takes them from. Raises Stopped with TS705 and TS709."""
    for path, content in files.items():
        try:
            replace_file(folder, f"{OWN}/{path}", content)
        except OSError as error:
            unwritable(folder, error)


def custom(folder: Path) -> Mapping[str, bytes]:
    """Read the user's own files, by their path below custom/. Raises Stopped with TS709 for each symbolic link."""
    root = own(folder, OWN)
    there = sorted(root.rglob("*")) if root.is_dir() else []
    skipped = {"__pycache__", ".ruff_cache", ".mypy_cache"}
    kept = [path for path in there if not skipped & set(path.relative_to(root).parts) and path.suffix != ".pyc"]
    links = tuple(refusal(path, path.relative_to(folder).as_posix()) for path in kept if path.is_symlink())
    if links:
        raise Stopped(links)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in kept if path.is_file()}


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
