"""Take a snapshot of a source: whole or not at all, and the one before stays until the new one is complete."""

import shutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from . import needs, snapshot
from .archives import lone_table, unpack
from .snapshot import DATA, FOLDER, Snapshot
from .wanted import Before, Collector, Say, Trouble, Wanted, Way, is_archive

WORK = Path("work") / "collecting"
"""Git-ignored; parts of interrupted transfers wait here for the next try."""
MODULES: dict[Way, str] = {
    "archive": "archives",
    "sql": "databases.queries",
    "http": "transfers.web",
    "bucket": "transfers.buckets",
    "hub": "hub",
}


@dataclass(frozen=True, kw_only=True)
class Result:
    now: Snapshot
    before: Snapshot | None
    """The one that was there; None when it was of another source."""


def needed(wanted: Wanted) -> bool:
    """Tell whether a source has to be collected: all but paths, and of those archives of more than one table."""
    if wanted.kind != "path":
        return True
    path = wanted.root / wanted.value
    return is_archive(wanted.value) and not (path.is_file() and lone_table(path))


def current(wanted: Wanted, taken: Snapshot) -> bool:
    """Tell whether a snapshot is of this source and, of an archive that is here, of what is in it now."""
    path = wanted.root / wanted.value
    if not taken.fits(wanted) or wanted.way != "archive" or not path.is_file():
        return taken.fits(wanted)
    return taken.validators.get("sha256") == snapshot.sha256(path)


def collect(wanted: Wanted, project: Path, say: Say, *, pinned: Before | None = None) -> Result:
    """Fetch a source into `collected/` of a project; the snapshot before waits for `finish` or `undo`.

    What names the content of the snapshot before (a hub's commit) is kept to when it is given as `pinned`. Raises
    Trouble: TS411, TS431 to TS434 and TS436; the snapshot before is as it was then.
    """
    recover(project)
    if problems := needs.missing(wanted):
        raise problems[0]
    earlier = snapshot.read(project / FOLDER)
    earlier = earlier if earlier is not None and earlier.fits(wanted) else None
    known = earlier is not None and not snapshot.differences(project / FOLDER, earlier)
    before = pinned or (Before(validators=earlier.validators) if earlier is not None and known else Before())
    work, new = project / WORK, project / WORK / "new"
    shutil.rmtree(new, ignore_errors=True)
    (new / DATA).mkdir(parents=True)
    (work / "parts").mkdir(exist_ok=True)
    collector: Collector = import_module(f"{__package__}.{MODULES[wanted.way]}").collect
    found = collector(wanted, new / DATA, work / "parts", before, say)
    if found.unchanged and earlier is not None:
        finish(project)
        return Result(now=earlier, before=earlier)
    _unpacked(new / DATA, say)
    files = snapshot.digested(new / DATA, found)
    if not files:
        raise Trouble("TS433", f"`{wanted.shown}` holds no data", hint="correct `data.source` in trainer.yaml")
    now = Snapshot(
        kind=wanted.kind,
        value=wanted.value,
        options=dict(wanted.options),
        files=files,
        pinned=found.pinned,
        validators=found.validators,
        rows=found.rows,
    )
    snapshot.write(new, now)
    replace(project)
    return Result(now=now, before=earlier)


def _unpacked(data: Path, say: Say) -> None:
    """Put what a fetched archive holds in its place, where it is all that was fetched."""
    files = [path for path in data.rglob("*") if path.is_file()]
    if len(files) != 1 or not is_archive(files[0].name) or lone_table(files[0]):
        return
    packed = data.with_name(files[0].name)
    files[0].rename(packed)
    shutil.rmtree(data)
    data.mkdir()
    say(f"unpacking {packed.name}")
    unpack(packed, data, say)
    packed.unlink()


def replace(project: Path) -> None:
    """Let the new snapshot take the place of the one before."""
    old = project / WORK / "old"
    shutil.rmtree(old, ignore_errors=True)
    if (project / FOLDER).exists():
        (project / FOLDER).rename(old)
    (project / WORK / "new").rename(project / FOLDER)


def finish(project: Path) -> None:
    """Delete the snapshot before, and what is left of transfers."""
    shutil.rmtree(project / WORK, ignore_errors=True)


def undo(project: Path) -> None:
    """Let the snapshot before take its place again."""
    if (project / WORK / "old").is_dir():
        shutil.rmtree(project / FOLDER, ignore_errors=True)
        (project / WORK / "old").rename(project / FOLDER)
    finish(project)


def recover(project: Path) -> None:
    """Put back the snapshot that a kill between two renames left aside."""
    old = project / WORK / "old"
    if old.is_dir() and not (project / FOLDER).exists():
        old.rename(project / FOLDER)
