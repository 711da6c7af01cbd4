"""How large a release is made on one target: decided when it is pushed, from what was measured."""

from collections.abc import Mapping

from trainerspec.ir.decision import Decision
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.ir.spec import SlotPath


@record(frozen=True, kw_only=True)
class Sizing:
    """deploy/targets/<env>/sizing.yaml."""

    release: str
    """The digest of the release."""
    task: str
    facts: Mapping[str, Json]
    """All that the steps may read: with them the same SOP decides the same again, without the package."""
    decisions: Mapping[SlotPath, Decision]

    @property
    def values(self) -> dict[SlotPath, Json]:
        """Return the decided sizes."""
        return {slot: one.value for slot, one in self.decisions.items()}
