"""Slots filled, each with its author and its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.spec import SlotPath


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One value that was considered for a slot."""

    value: Json
    kept: bool
    because: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    slot: SlotPath
    value: Json
    author: str
    """`spec` (written by a person), `rules`, or `openai:<model>`."""
    sop: str
    """The SOP and step (`data/text-length#2`); empty when the author is `spec`."""
    because: str
    facts: Mapping[str, Json]
    """The facts and earlier slots that the step read, with their values."""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decided:
    observed: Observed
    decisions: Mapping[SlotPath, Decision]
    """One for every slot of the task, in the order they were filled."""


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class Base:
    """The base model, pinned."""

    id: str
    sources: tuple[WeightSource, ...]
    licence: str
    card: Mapping[str, Json]
    """The card's facts: `parameters`, `max_positions`, ..."""


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A spec in which nothing is left open: no `auto`, no unpinned revision."""

    decided: Decided
    labels: tuple[str, ...]
    """Final class order; empty for tasks without labels."""
    base: Base
    values: Mapping[SlotPath, Json]
    """Every slot's final value. The type has no `Auto`: none is left."""
