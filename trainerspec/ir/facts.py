"""What was seen, not judged: facts about the data and the machine."""

from collections.abc import Mapping
from dataclasses import field

from trainerspec.checking.findings import Report
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.ir.spec import Spec


@record(frozen=True, kw_only=True)
class Fact:
    value: Json
    n: int
    """How many rows (files, pictures) were looked at."""
    exact: bool
    """True when all were looked at, false for a sample."""


@record(frozen=True, kw_only=True)
class Contract:
    """What later data must keep to. `prepare` checks it on every run."""

    hard: Mapping[str, Json]
    """Columns, types, labels, box format: a breach fails."""
    soft: Mapping[str, Json]
    """Length and balance: a breach warns."""


@record(frozen=True, kw_only=True)
class Collected:
    """The snapshot of a source that is no local file."""

    way: str
    """Which collector took it: `archive`, `sql`, `http`, `bucket` or `hub`."""
    fingerprint: str
    """`sha256:<hex>` over names and contents of its files."""
    pinned: Mapping[str, str]
    """What names the same content again: a hub's `revision`; of a database its `driver`."""


@record(frozen=True, kw_only=True)
class Profile:
    """The result of one look at the data."""

    layout: str
    """The layout found: `folders`, `table`, ..."""
    facts: Mapping[str, Fact]
    """By dotted name without the leading `facts.`: `rows`, `text.chars.p99`."""
    labels: tuple[str, ...] | None
    fingerprint: str
    """sha256 over relative paths, sizes and contents (or a stated sample) of the data."""
    contract: Contract
    collected: Collected | None = None
    """None when the data is read where it lies."""
    checks: Report = field(default_factory=Report)
    """What the checks of the data have found; a lock does not keep it."""


@record(frozen=True, kw_only=True)
class Observed:
    spec: Spec
    profile: Profile
