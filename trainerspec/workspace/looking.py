"""Look at the data of a spec, whose columns may be written in a form that it declares."""

from collections.abc import Mapping
from pathlib import Path

from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.spec import Spec
from trainerspec.language import cleaning
from trainerspec.reading import repairs
from trainerspec.workspace.inspect_data import inspect_data
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.look import Look


def look(path: Path, spec: Spec, budget: Budget) -> Outcome[Look]:
    """Look at the data at `path` as the spec says that it is written."""
    needed = {*spec.inputs.values(), *spec.outputs.values()}
    described = [plain for one in spec.clean if isinstance(plain := cleaning.plain(one), Mapping)]
    return inspect_data(path, budget=budget, needed=needed, declared=repairs.forms(described))
