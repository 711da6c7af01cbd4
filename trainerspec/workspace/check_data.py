"""Check the data of a spec on its own, as deeply as asked for: `trainerspec check --data`."""

from pathlib import Path

from trainerspec.catalog.model import Task
from trainerspec.checking.findings import Report
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.spec import Spec
from trainerspec.workspace import checked
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.looking import look
from trainerspec.workspace.profile import Reading


def check_data(path: Path, spec: Spec, task: Task, budget: Budget, *, deep: bool) -> Outcome[Report]:
    """Return what the checks say of the data at `path`; fails where it cannot be read in the spec's roles."""
    seen = look(path, spec, budget)
    if seen.value is None:
        return Outcome(diagnostics=seen.diagnostics)
    reading = Reading(spec=spec, task=task, look=seen.value, budget=budget)
    if unfit := reading.unfit():
        return Outcome(diagnostics=unfit)
    return Outcome(value=checked.report(reading.subject, spec, seen.value, deep=deep))
