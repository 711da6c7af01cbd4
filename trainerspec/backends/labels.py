"""labels/README.md: how people answer, in a project that has rows labelled."""

from collections.abc import Mapping

from trainerspec.backends.documents import render
from trainerspec.backends.params import LABEL
from trainerspec.catalog.model import Task
from trainerspec.ir.plan import Plan
from trainerspec.language import labelling


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write labels/README.md, so that the folder is there; nothing where no row is labelled."""
    methods = labelling.methods(plan.pinned.values.get(LABEL, labelling.NONE))
    if not methods:
        return {}
    context = {"labels": list(plan.pinned.labels), "methods": list(methods)}
    return {"labels/README.md": render("LABELS.md", context)}
