"""What will be emitted and what will run."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainerspec.ir.decision import Pinned


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A module that a stage starts or copies, or data that it reads, under a condition."""

    file: str
    when: str = "true"
    """The condition under which it does."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One DVC stage."""

    name: str
    title: str
    cmd: str
    deps: tuple[str, ...]
    """Data and settings; `plan` adds the modules that the stage runs."""
    params: tuple[str, ...]
    """Dotted keys of params.yaml that the stage reads."""
    outs: tuple[str, ...]
    """Cached outputs."""
    metrics: tuple[str, ...] = ()
    """Uncached flat JSON files."""
    plots: tuple[str, ...] = ()
    """Cached pictures and tables that `dvc plots` shows."""
    always: bool = False
    persist: bool = False
    """The outputs stay while the stage runs: it looks at them itself."""
    when: str = ""
    """A condition without which there is no such stage."""
    sometimes: tuple[Entry, ...] = ()
    """Data that the stage reads under a condition; `plan` puts what holds into `deps`."""
    modules: tuple[Entry, ...] = ()
    """Modules beside that of `cmd` that the stage starts or copies."""


@dataclass(frozen=True, kw_only=True)
class FileChoice:
    """One file that is copied into the project as it is."""

    target: str
    """Path inside the project."""
    origin: str
    """Path inside the template folders, or inside the project for a `custom/` hook."""
    because: str


@dataclass(frozen=True, kw_only=True)
class Guide:
    """What a reader of the project's code is told first: each place with the first words of its own docstring."""

    rooms: Mapping[str, str]
    """The folders of the code."""
    first: Mapping[str, str]
    """The files by which the training is understood, in order."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    pinned: Pinned
    stages: tuple[Stage, ...]
    copies: tuple[FileChoice, ...]
    packages: Mapping[str, str]
    """The packages that stages import, each with what tells its version and those of all that it needs."""
    guide: Guide
    hooks: Mapping[str, str]
    """Hook name to the sha256 of the `custom/` file that replaces the template's."""
