"""Spec -> Observed: look at the data; facts only, no judgement."""

from typing import Protocol

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.facts import Observed, Profile
from trainerspec.ir.spec import Spec


class Prober(Protocol):
    """The one door to the data and the machine."""

    def profile(self, spec: Spec, task: Task) -> Outcome[Profile]:
        """Look, within a budget, at the data that `spec` names."""
        ...


def observe(spec: Spec, task: Task, prober: Prober) -> Outcome[Observed]:
    """Gather the facts that decisions need."""
    seen = prober.profile(spec, task)
    if seen.value is None:
        return Outcome(diagnostics=seen.diagnostics)
    return Outcome(value=Observed(spec=spec, profile=seen.value), diagnostics=seen.diagnostics)
