"""Put together what `revise` looks at: the spec, what was decided, what was measured and what was tried."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from trainerspec.compiler import Compiled, Workplace, compile, read_spec
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.ir.spec import SlotPath
from trainerspec.llm.model import Model
from trainerspec.passes.positive import settled
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.visible_names import card_facts, policy, visible_names
from trainerspec.revising import history
from trainerspec.revising.evidence import gather
from trainerspec.revising.llm_proposals import llm_proposals
from trainerspec.revising.revise import apply, revise
from trainerspec.revising.revision import Case, Faults, Revision
from trainerspec.workspace.inside import read as read_file
from trainerspec.workspace.lock import NAME, read_lock, spec_digest


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A revision, and trainer.yaml with it."""

    revision: Revision
    case: Case
    text: str
    compiled: Compiled | None
    """What it would be built to; None without changes."""


def proposed(found: Case, faults: Faults, model: Model | None) -> Revision:
    """Ask the language model, if there is one; by rule where it has no usable answer, which is noted."""

    if model is None:
        return revise(found, faults)
    told = llm_proposals(found, model, faults)
    if told.revision is not None:
        return told.revision
    by_rule = revise(found, faults)
    return replace(by_rule, advice=(*by_rule.advice, *told.advice), note=told.trouble)


def case(source: Source, folder: Path, place: Workplace, *, aim: bool = False) -> Case:
    """Read what the last build decided and what the last run left; `aim` asks for a margin beyond each bound.

    Raises Stopped: TS840 nothing was built or measured, TS841 it was for another spec or other settings.
    """
    log = Log(source)
    spec = read_spec(source, place.tasks, log)
    content = read_file(folder, NAME)
    if content is None:
        hint = "run `trainerspec build`, then `trainerspec run`"
        raise Stopped((Diagnostic(code="TS840", message=f"`{folder.name}` was not built yet", hint=hint),))
    locked = log.take(read_lock(content))
    if locked.spec != spec_digest(spec):
        message = f"`{source.name}` was changed after the last build: the results are of another spec"
        raise Stopped((Diagnostic(code="TS841", message=message, hint="run `trainerspec build`, then run again"),))
    spec = settled(spec, place.tasks[spec.task], locked.positive)
    names = visible_names(Observed(spec=spec, profile=locked.profile), place.tasks[spec.task])
    return Case(
        spec=spec,
        task=place.tasks[spec.task],
        sops=place.sops,
        values=locked.values,
        data=locked.profile.fingerprint,
        names={**names, **card_facts(locked.base), **policy(place.sops.licences, place.tasks[spec.task], spec)},
        evidence=gather(folder),
        history=history.read(folder),
        aim=aim,
    )


def patch(source: Source, folder: Path, place: Workplace, model: Model | None = None, *, aim: bool = False) -> Patch:
    """Propose a patch and remember the round; every candidate is compiled, so that what is proposed can be built.

    `model` is a language model to ask first; the rules stand behind it. Raises Stopped as `case` does.
    """
    found = case(source, folder, place, aim=aim)
    quiet = replace(place, filler=Rules())
    built: list[Compiled] = []

    def faults(slots: Mapping[SlotPath, Json]) -> tuple[str, ...]:
        try:
            built.append(compile(Source(name=source.name, text=apply(source.text, slots)), quiet))
        except Stopped as stopped:
            return tuple(f"{one.code} {one.message}" for one in stopped.diagnostics if one.severity == "error")
        except ValueError as error:
            return (str(error),)
        return ()

    failed = found.evidence.failure is not None
    met = not failed and not found.missed(found.now)
    revision = Revision(changes=(), missed=()) if met else proposed(found, faults, model)
    now = replace(found.now, proposed=revision.slots or None)
    history.remember(folder, found.history, now)
    return Patch(
        revision=revision,
        case=found,
        text=apply(source.text, revision.slots),
        compiled=built[-1] if revision.changes else None,
    )
