"""What task.yaml and the model cards declare that later passes use as it is: stages, and where weights can be had."""

from collections.abc import Mapping
from dataclasses import field

from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class Entry:
    """A module that a stage starts or copies, or data that it reads, under a condition."""

    file: str
    when: str = "true"
    """The condition under which it does."""


@record(frozen=True, kw_only=True)
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


@record(frozen=True, kw_only=True)
class WeightSource:
    """One place where a base model's weights can be had."""

    kind: str
    """`path`, `hub` or `package`."""
    name: str
    """Folder, `org/name`, or distribution name."""
    revision: str
    """Commit or version; empty for a folder."""
    path: str
    """Folder inside the place; empty for its root."""
    part: str = ""
    """Which part of the model it holds, when there are several (`pictures`, `phrases`); each part's are in order."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Digests of files below the folder; others are refused."""
