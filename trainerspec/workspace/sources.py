"""Where the data of a spec lies: at its path, or in the snapshot that `trainerspec collect` took of its source."""

from pathlib import Path

from trainerspec.collecting import needs, snapshot
from trainerspec.collecting.collect import current, needed
from trainerspec.collecting.wanted import Trouble, Wanted
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.facts import Collected
from trainerspec.ir.spec import DataSource, Spec
from trainerspec.workspace.inside import link


def wanted(source: DataSource, folder: Path) -> Wanted:
    """Return what the collectors are asked for."""
    options = {key: str(value) for key, value in source.options.items()}
    return Wanted(kind=source.kind, value=source.value, options=options, root=folder)


def located(spec: Spec, folder: Path) -> Outcome[tuple[Path, Collected | None]]:
    """Return the path of the data, and of a snapshot what it is. Asks no source, and writes nothing.

    Fails with TS430 when the source is not collected yet, TS435 when the snapshot is of another source or was changed,
    with what else is missing to collect it (TS411, TS431, TS432), and with TS709 when a link is in its place.
    """
    asked = wanted(spec.source, folder)
    if not needed(asked):
        return Outcome(value=(folder / spec.source.value, None))
    if link(folder, snapshot.FOLDER) is not None:
        message = f"`{snapshot.FOLDER}` is a symbolic link, which is not followed"
        return _fails(spec, Trouble("TS709", message, hint="put the folder itself there"))
    place = folder / snapshot.FOLDER
    taken = snapshot.read(place)
    if taken is None or not taken.fits(asked):
        return _fails(spec, absent(asked, taken is not None), *needs.missing(asked))
    if not current(asked, taken):
        message = f"`{asked.shown}` changed after it was unpacked"
        return _fails(spec, Trouble("TS435", message, hint="run `trainerspec collect --refresh`"))
    if wrong := snapshot.differences(place, taken):
        return _fails(spec, snapshot.edited(snapshot.FOLDER, wrong))
    about = Collected(way=asked.way, fingerprint=taken.fingerprint, pinned=dict(taken.pinned))
    return Outcome(value=(snapshot.place(place, taken), about))


def absent(asked: Wanted, other: bool) -> Trouble:
    """Say that a source is not collected yet; `other` when a snapshot of another source is there."""
    what = {"archive": "unpacked", "sql": "queried"}.get(asked.way, "fetched")
    message = f"`{asked.shown}` is not {what} yet" + ("; what is collected is of another source" if other else "")
    return Trouble("TS430", message, hint="run `trainerspec collect`: it keeps a snapshot, which later commands read")


def collected(asked: Wanted) -> bool:
    """Tell whether a snapshot of this source is there."""
    taken = snapshot.read(asked.root / snapshot.FOLDER)
    return taken is not None and taken.fits(asked)


def unready(spec: Spec, folder: Path) -> tuple[Diagnostic, ...]:
    """Warn of packages that collecting the source needs and that are not here; none once it is collected."""
    asked = wanted(spec.source, folder)
    if spec.source.kind == "path":
        return ()
    if collected(asked):
        return ()
    return tuple(diagnosed(one, spec, severity="warning") for one in needs.packages(asked))


def diagnosed(trouble: Trouble, spec: Spec, *, severity: str = "error") -> Diagnostic:
    """Return what a collector says as a diagnostic at the source in the spec."""
    return Diagnostic(
        code=trouble.code,
        message=trouble.message,
        hint=trouble.hint,
        severity="warning" if severity == "warning" else "error",
        span=spec.document.place("/data/source"),
    )


def _fails(spec: Spec, *troubles: Trouble) -> Outcome[tuple[Path, Collected | None]]:
    return Outcome(diagnostics=tuple(diagnosed(one, spec) for one in troubles))
