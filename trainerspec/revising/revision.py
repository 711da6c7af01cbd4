"""What `revise` looks at and what it says: the case, the changes, and what is out of reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json
from trainerspec.ir.spec import AUTO, SlotPath, Spec
from trainerspec.procedures.sops import Sops
from trainerspec.revising.evidence import Evidence, Missed
from trainerspec.revising.history import Round

OPEN = "auto"
"""How trainer.yaml leaves a slot to the agents."""
Faults = Callable[[Mapping[SlotPath, Json]], Sequence[str]]
"""Says why trainer.yaml with these slots cannot be built; nothing when it can."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What there is to mend, and what is known about it."""

    spec: Spec
    task: Task
    sops: Sops
    values: Mapping[SlotPath, Json]
    """Every slot, as the last build filled it."""
    data: str
    """The fingerprint of the data."""
    names: Mapping[str, Json]
    """The facts, objectives and the base's card, for SOPs."""
    evidence: Evidence
    history: tuple[Round, ...]
    aim: bool = False
    """Whether a bound that is met by less than the validation split can tell is mended too."""

    @property
    def now(self) -> Round:
        """Return the run that is there."""
        return Round(
            data=self.data,
            slots={path: OPEN if value is AUTO else value for path, value in self.spec.slots.items()},
            names={**self.names, **self.values, **self.evidence.names},
            measured=self.evidence.measured,
            quality=tuple(sorted(self.evidence.quality)),
            device=self.evidence.device,
            failed=tuple(self.evidence.failure.names()) if self.evidence.failure else (),
        )

    def missed(self, one: Round) -> tuple[Missed, ...]:
        """Judge a round by today's objectives; where a margin is the aim, those without one count too."""
        seen = self._seen(one)
        return (*seen.missed(self.spec.objectives), *(seen.narrow(self.spec.objectives) if self.aim else ()))

    def worth(self, one: Round) -> tuple[bool, int, float, float]:
        """Rank a round: the lower, the nearer to the objectives; of two that meet them, the one with more margin."""
        seen = self._seen(one)
        missed, narrow = seen.missed(self.spec.objectives), seen.narrow(self.spec.objectives)
        return bool(one.failed), len(missed), sum(each.gap for each in missed), sum(each.gap for each in narrow)

    def _seen(self, one: Round) -> Evidence:
        return replace(self.evidence, measured=one.measured, device=one.device, quality=frozenset(one.quality))

    @property
    def crowded(self) -> tuple[Missed, ...]:
        """Return what was missed beside other programs, and may be met on a quiet machine."""
        return self.evidence.crowded(self.spec.objectives)

    def ours(self, slot: SlotPath) -> bool:
        """Tell whether the slot's value in trainer.yaml is one that was proposed before, and no person's."""
        proposed = [one.proposed[slot] for one in self.history if one.proposed and slot in one.proposed]
        return bool(proposed) and proposed[-1] == self.now.slots[slot]

    def stated(self, slot: SlotPath) -> bool:
        """Tell whether a person wrote the slot's value."""
        return self.spec.slots[slot] is not AUTO and not self.ours(slot)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One slot's new value in trainer.yaml."""

    slot: SlotPath
    old: Json
    """The value that the results are from."""
    new: Json
    """`auto` gives the decision back to the SOPs."""
    because: str
    sop: str
    """The step that proposed it."""
    overrides: bool
    """True when a person wrote the old value."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """What to change; without changes, what is out of reach."""

    changes: tuple[Change, ...]
    missed: tuple[Missed, ...]
    blocked: tuple[str, ...] = ()
    """What steps would change if trainer.yaml did not state it."""
    advice: tuple[str, ...] = ()
    author: str = "rules"
    """`rules`, or the language model that proposed it."""
    note: str = ""
    """Why a language model that was asked did not decide."""

    @property
    def slots(self) -> dict[SlotPath, Json]:
        """Return the new values."""
        return {one.slot: one.new for one in self.changes}
