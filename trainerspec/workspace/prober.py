"""Look at the data that a spec names; a look that was taken before at the same bytes is not taken again."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from trainerspec.catalog.model import Task
from trainerspec.checking.findings import Report
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.facts import Profile
from trainerspec.ir.spec import Spec
from trainerspec.prepared import Remembered
from trainerspec.workspace import fingerprint, machine
from trainerspec.workspace.listing import Budget, listed, locate
from trainerspec.workspace.sources import located
from trainerspec.workspace.strays import strays

UNREAD = frozenset({"document", "name", "version", "request", "use", "questions", "objectives"})
"""Parts of a spec that a look does not depend on."""
_LOOKS: Remembered[Outcome[Profile]] = Remembered("looks")
_CHECKS: Remembered[Outcome[Report]] = Remembered("checks")


@dataclass(frozen=True, kw_only=True)
class DataProber:
    """Looks at the data of a spec; its relative paths count from `folder`."""

    folder: Path
    budget: Budget = field(default_factory=Budget)

    def profile(self, spec: Spec, task: Task) -> Outcome[Profile]:
        """Look at the data and check it against what the spec says; all problems come back at once.

        A look with warnings is remembered for the same text of the spec alone, in which they have their places. What it
        says of the machine is read anew.
        """
        found = located(spec, self.folder)
        if found.value is None:
            return Outcome(diagnostics=found.diagnostics)
        path, collected = found.value
        seen = self._seen(path, spec, task)
        return replace(seen, value=replace(seen.value, collected=collected)) if seen.value and collected else seen

    def checks(self, spec: Spec, task: Task, *, deep: bool = False) -> Outcome[Report]:
        """Return what the checks say of the data; `deep` fits models too. Fails where it cannot be read."""
        found = located(spec, self.folder)
        if found.value is None:
            return Outcome(diagnostics=found.diagnostics)
        path, _ = found.value

        def checked() -> Outcome[Report]:
            from trainerspec.workspace.check_data import check_data

            return check_data(path, spec, task, self.budget, deep=deep)

        contents = None if _strays(path) else _contents(path)
        if contents is None:
            return checked()
        read = {one.name: getattr(spec, one.name) for one in fields(spec) if one.name not in UNREAD}
        return _CHECKS.get(repr((path.name, contents, read, task, self.budget, deep)), checked, keep=_sound)

    def _seen(self, path: Path, spec: Spec, task: Task) -> Outcome[Profile]:
        def looked() -> Outcome[Profile]:
            from trainerspec.workspace.profile import profile  # polars, which only a new look pays for

            return profile(path, spec, task, self.budget)

        if out := _strays(path):
            return Outcome(diagnostics=tuple(_stray(name, spec) for name in out))
        contents = _contents(path)
        if contents is None:
            return looked()
        read = {one.name: getattr(spec, one.name) for one in fields(spec) if one.name not in UNREAD}
        key = (path.name, contents, read, task, self.budget)

        def warned() -> Outcome[Profile]:
            text = spec.document.source
            return _LOOKS.get(repr((*key, text.name, text.text)), looked, keep=_warned)

        kept = _LOOKS.get(repr(key), warned, keep=_clean)
        if kept.value is None:
            return kept
        facts = {**kept.value.facts, **dict(machine.facts())}
        return replace(kept, value=replace(kept.value, facts=facts))


def _clean(outcome: Outcome[Profile]) -> bool:
    return outcome.value is not None and not outcome.diagnostics


def _sound(outcome: Outcome[Report]) -> bool:
    return outcome.value is not None


def _warned(outcome: Outcome[Profile]) -> bool:
    return outcome.value is not None and bool(outcome.diagnostics)


def _contents(path: Path) -> str | None:
    """Digest every byte of the data; of what is too much to read, the ends and the times. None where it cannot be."""
    try:
        names = listed(path) if path.exists() else []
        found = fingerprint.fingerprint(path, names) if path.exists() else ""
        if found.startswith(fingerprint.EVERY_BYTE):
            return found
        times = [locate(path, name).stat().st_mtime_ns for name in names]
    except OSError:
        return None
    return f"{found} {times}" if times else None


def _strays(path: Path) -> tuple[str, ...]:
    try:
        return strays(path)
    except OSError:
        return ()  # a folder that may not be read: the look says so


def _stray(name: str, spec: Spec) -> Diagnostic:
    message = f"`{name}` is a symbolic link that leaves the repository, which is not followed"
    hint = "commit the file itself, or name its own place in `data.source`"
    return Diagnostic(code="TS709", message=message, hint=hint, span=spec.document.place("/data/source"))
