"""Git and DVC around a project: created where there is none, repaired where a kill left them broken."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.language import yaml
from trainerspec.workspace import git


def dvc_command() -> list[str]:
    """Return the command that starts DVC: of our own environment, else the one on PATH.

    Raises Stopped with TS801 when there is none.
    """
    if find_spec("dvc") is not None:
        return [sys.executable, "-P", "-m", "trainerspec.running.quick_dvc"]
    found = shutil.which("dvc")
    if found is None:
        hint = "install it: pip install 'trainerspec[run]'"
        raise Stopped((Diagnostic(code="TS801", message="DVC is not installed here", hint=hint),))
    return [found]


def environment(threads: int) -> dict[str, str]:
    """Return the environment of the stages: our own Python first, fixed threads, a POSIX shell, no telemetry."""
    found = dict(os.environ)
    if find_spec("dvc") is not None:
        found["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), found.get("PATH", os.defpath)])
    return found | {
        "OMP_NUM_THREADS": str(threads),
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONUNBUFFERED": "1",
        "SHELL": "/bin/sh",
    }


def prepare(folder: Path, *, no_scm: bool) -> tuple[str, ...]:
    """Create what is missing and mend what is broken; returns a line for each thing that was done.

    Raises Stopped with TS802 when git or DVC refuse.
    """
    done = []
    scm = not no_scm and shutil.which("git") is not None
    root = dvc_root(folder)
    if root is not None and root != folder and "no_scm" not in _config(root) and _ignored(folder):
        root = None  # the repository above refuses a dvc.yaml that git ignores, so it is not in charge here
    if root is not None and "no_scm" in _config(root) and not no_scm:
        scm = False
    tracked = scm and _git(folder, "rev-parse", "--is-inside-work-tree") and not _ignored(folder)
    if scm and not tracked:
        _call(["git", "init", "--quiet"], folder)
        done.append(f"made a git repository in {folder.name}/ (commit what `git status` shows)")
    if root is None or (scm and not tracked):
        above = scm and tracked and not (folder / ".git").exists()
        flags = ["--no-scm"] if not scm else ["--subdir"] if above else []
        forced = ["--force"] if (folder / ".dvc").exists() else []
        _call([*dvc_command(), "init", "--quiet", *flags, *forced], folder)
        done.append("made a DVC repository here" + ("" if scm else ", without git"))
        root = folder
    done.extend(repair(folder, root))
    return tuple(done)


def dvc_root(folder: Path) -> Path | None:
    """Find the folder with the `.dvc` that is in charge of `folder`: DVC's own search, stopping at no mount."""
    places = (folder, *folder.parents)
    return next((place for place in places if (place / ".dvc" / "config").is_file()), None)


def repair(folder: Path, root: Path) -> Iterator[str]:
    """Remove locks that a kill left behind and a dvc.lock that is no longer one; DVC mends neither by itself."""
    rwlock = root / ".dvc" / "tmp" / "rwlock"
    if rwlock.is_file() and not _held(rwlock, root):
        stale = rwlock.read_bytes().strip() not in (b"", b"{}")
        rwlock.unlink(missing_ok=True)
        if stale:
            yield "removed the lock of a run that was killed"
    lock = folder / "dvc.lock"
    if lock.is_file() and not _whole(lock):
        lock.unlink()
        yield "removed dvc.lock, which a kill had left half-written; what is in DVC's cache is taken from there"


def _held(rwlock: Path, root: Path) -> bool:
    try:
        entries = json.loads(rwlock.read_bytes())
        pids = {one["pid"] for entry in entries.values() for one in _holders(entry)}
    except (ValueError, AttributeError, TypeError, KeyError):
        return any(_is_dvc(int(path.name)) and _works_in(path, root) for path in Path("/proc").glob("[0-9]*"))
    return any(_is_dvc(pid) for pid in pids)


def _holders(entry: Mapping[str, object]) -> Iterator[Mapping[str, int]]:
    for holder in (entry.get("write"), *_list(entry.get("read"))):
        if isinstance(holder, Mapping) and holder:
            yield holder


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_dvc(pid: int) -> bool:
    """Tell whether a process is a DVC: a number may belong to something else by now, or in this container."""
    place = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return b"dvc" in place.read_bytes() and pid != os.getpid()
        except OSError:
            return False
    command = ["ps", "-p", str(pid), "-o", "command="]
    return "dvc" in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _works_in(process: Path, root: Path) -> bool:
    try:
        return Path(os.readlink(process / "cwd")).is_relative_to(root)
    except OSError:
        return False


def _whole(lock: Path) -> bool:
    content = lock.read_bytes()
    try:
        data = yaml.load(content)
    except ValueError:
        return False
    if not content.endswith(b"\n") or not isinstance(data, Mapping) or data.get("schema") != "2.0":
        return False
    stages = data.get("stages", {})
    return isinstance(stages, Mapping) and all(_whole_stage(stage) for stage in stages.values())


def _whole_stage(stage: object) -> bool:
    if not isinstance(stage, Mapping) or not stage.get("cmd"):
        return False
    entries = [*_list(stage.get("deps", [])), *_list(stage.get("outs", []))]
    listed = all(isinstance(stage.get(key, []), list) for key in ("deps", "outs"))
    return listed and all(map(_whole_entry, entries))


def _whole_entry(entry: object) -> bool:
    if not isinstance(entry, Mapping) or "path" not in entry or len(entry) < 2:
        return False
    return entry.get("hash") != "md5" or re.fullmatch(r"[0-9a-f]{32}(\.dir)?", str(entry.get("md5"))) is not None


def _config(root: Path) -> str:
    return (root / ".dvc" / "config").read_text(encoding="utf-8")


def _ignored(folder: Path) -> bool:
    """Tell whether an outer git ignores the folder: DVC refuses a dvc.yaml that git ignores."""
    if shutil.which("git") is None or (folder / ".git").exists():
        return False
    return _git(folder, "check-ignore", "--quiet", "dvc.yaml")


def _git(folder: Path, *words: str) -> bool:
    return git.run(folder, *words).returncode == 0


def _call(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=environment(1), capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        message = f"`{' '.join(command[-4:])}` failed: {lines[-1]}"
        raise Stopped((Diagnostic(code="TS802", message=message, hint="run `trainerspec doctor`", file=str(folder)),))
