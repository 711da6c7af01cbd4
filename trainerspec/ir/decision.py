"""Slots filled, each with its author and its reason."""

from collections.abc import Mapping

from trainerspec.ir.declared import WeightSource
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.ir.spec import SlotPath


@record(frozen=True, kw_only=True)
class Candidate:
    """One value that was considered for a slot."""

    value: Json
    kept: bool
    because: str


@record(frozen=True, kw_only=True)
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


@record(frozen=True, kw_only=True)
class Decided:
    observed: Observed
    decisions: Mapping[SlotPath, Decision]
    """One for every slot of the task, in the order they were filled."""


@record(frozen=True, kw_only=True)
class Base:
    """The base model, pinned."""

    id: str
    sources: tuple[WeightSource, ...]
    licence: str
    card: Mapping[str, Json]
    """The card's facts: `parameters`, `max_positions`, ..."""


@record(frozen=True, kw_only=True)
class Pinned:
    """A spec in which nothing is left open: no `auto`, no unpinned revision."""

    decided: Decided
    labels: tuple[str, ...]
    """Final class order; empty for tasks without labels."""
    base: Base
    values: Mapping[SlotPath, Json]
    """Every slot's final value. The type has no `Auto`: none is left."""
