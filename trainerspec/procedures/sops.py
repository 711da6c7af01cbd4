"""Standard operating procedures: the decision steps that rules and language models follow."""

from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from trainerspec import assets
from trainerspec.catalog import files, licences
from trainerspec.catalog.licences import Licences
from trainerspec.catalog.model import Slot, Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.record import record
from trainerspec.ir.spec import SlotPath
from trainerspec.language import formula
from trainerspec.prepared import prepared
from trainerspec.procedures import sop_file
from trainerspec.procedures.procedure import Proposal, Sop, Step
from trainerspec.procedures.sop_file import BROKEN

CYCLE = "TS552"
LICENCES = "licences.yaml"


@record(frozen=True, kw_only=True)
class Sops:
    """All procedures, and the policy on licences."""

    by_id: Mapping[str, Sop]
    licences: Licences
    digests: Mapping[str, str]
    """SOP id (and `licences`) to the sha256 of its file; trainer.lock records them."""

    def steps(self, task: Task) -> Outcome[tuple[Step, ...]]:
        """Return the step for each slot of the task, every step after those that it needs."""
        return self.ordered(task.name, task.slots)

    def ordered(self, task: str, slots: Mapping[SlotPath, Slot]) -> Outcome[tuple[Step, ...]]:
        """Return the step for each of these slots, for a task of this name; every step after those that it needs."""
        return _ordered(self, task, slots)

    def proposals(self, task: Task) -> tuple[Proposal, ...]:
        """Return what may be proposed after a failure, the user's own first."""
        applicable = [sop for sop in self.by_id.values() if applies(sop, task.name)]
        return tuple(one for sop in sorted(applicable, key=lambda sop: sop.rank, reverse=True) for one in sop.proposals)


def sops(extra: Path | None = None, templates: Path | None = None) -> Sops:
    """Load the SOPs that ship, those beside the tasks of `templates`, and those of `extra`.

    The two are `.trainerspec/templates` and `.trainerspec/sops`. For one slot the user's wins, then the one in the
    task's folder, then the shared one. Raises Stopped when a file is broken.
    """
    found = _shipped()
    if templates is not None and templates.is_dir():
        found = _beside(found, templates)
    return _over(found, extra, own=True) if extra is not None and extra.is_dir() else found


@cache
def _shipped() -> Sops:
    """Load the SOPs that ship, prepared: they hold hundreds of expressions."""
    return prepared("sops", parts(), read)


def read() -> Sops:
    """Read the SOPs that ship. Raises Stopped when a file is broken."""
    return _beside(_over(Sops(by_id={}, licences=Licences(), digests={}), assets.folder("sops")), _templates())


def parts() -> tuple[bytes, ...]:
    """Return everything that the SOPs that ship follow from: their schema, names and contents of files."""
    own, templates = assets.folder("sops"), _templates()
    named = [(path.relative_to(own.parent), path) for path in _files(own)]
    named += [(path.relative_to(templates.parent), path) for one in _folders(templates) for path in _files(one)]
    schema = (assets.folder("grammar") / "sop.schema.json").read_bytes()
    return (schema, *(part for name, path in named for part in (name.as_posix().encode(), path.read_bytes())))


def _templates() -> Path:
    return assets.folder("templates")


def _folders(templates: Path) -> list[Path]:
    return sorted(templates.glob("*/sops"))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))


def _beside(below: Sops, templates: Path) -> Sops:
    """Add the SOPs in the folders of tasks: templates/<task>/sops."""
    for folder in _folders(templates):
        below = _over(below, folder, task=folder.parent.name)
    return below


def _over(below: Sops, folder: Path, *, own: bool = False, task: str = "") -> Sops:
    found, allowed, digests = dict(below.by_id), below.licences, dict(below.digests)
    for path in _files(folder):
        content = files.read(path, BROKEN)
        if path.name == LICENCES:
            allowed, digests["licences"] = licences.read(content, path), files.sha256_of(path)
        elif own or (isinstance(content, Mapping) and "sop" in content):
            one = sop_file.sop(files.check(content, "sop", path, BROKEN), path, own, task)
            found[one.id] = one
            digests[one.id] = one.digest
    return Sops(by_id=found, licences=allowed, digests=dict(sorted(digests.items())))


def applies(sop: Sop, task: str) -> bool:
    """Tell whether a procedure is for a task."""
    if sop.task not in ("", task):
        return False
    return sop.applies is None or formula.settle(sop.applies, {"task.type": task}) is True


def _ordered(all_sops: Sops, task: str, slots: Mapping[SlotPath, Slot]) -> Outcome[tuple[Step, ...]]:
    chosen: dict[SlotPath, Step] = {}
    rank: dict[SlotPath, tuple[bool, bool]] = {}
    problems: list[Diagnostic] = []
    for sop in all_sops.by_id.values():
        for step in sop.steps if applies(sop, task) else ():
            if step.slot not in slots:
                continue
            if step.slot in chosen and rank[step.slot] == sop.rank:
                message = f"`{step.slot}` is decided by `{chosen[step.slot].id}` and by `{step.id}`"
                problems.append(Diagnostic(code=BROKEN, message=message, hint="narrow `applies` of one of them"))
            elif step.slot not in chosen or sop.rank > rank[step.slot]:
                chosen[step.slot], rank[step.slot] = step, sop.rank
    for slot in slots.keys() - chosen.keys():
        message = f"no SOP decides `{slot}` for `{task}`"
        problems.append(
            Diagnostic(code=BROKEN, message=message, hint="add a step beside the task, or to .trainerspec/sops")
        )
    if problems:
        return Outcome(diagnostics=tuple(problems))
    return _sorted(chosen, slots)


def _sorted(chosen: Mapping[SlotPath, Step], slots: Mapping[SlotPath, Slot]) -> Outcome[tuple[Step, ...]]:
    graph = {slot: {other for other in slots if other != slot and _needs(step, other)} for slot, step in chosen.items()}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(f"`{slot}`" for slot in reversed(error.args[1]))
        message = f"these slots need each other: {circle}"
        return Outcome(diagnostics=(Diagnostic(code=CYCLE, message=message, hint="take one out of `needs`"),))
    order, reading = [], list(slots)
    while sorter.is_active():
        for slot in sorted(sorter.get_ready(), key=reading.index):
            order.append(chosen[slot])
            sorter.done(slot)
    return Outcome(value=tuple(order))


def _needs(step: Step, slot: SlotPath) -> bool:
    if step.estimates and not slot.startswith("serve."):
        return True
    for need in step.needs:
        if slot == need or slot.startswith(f"{need}."):
            return True
        if slot == "model.base" and step.among is None and (need == "card" or need.startswith("card.")):
            return True
    return False
