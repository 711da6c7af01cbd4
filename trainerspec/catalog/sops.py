"""Standard operating procedures: the decision steps that rules and language models follow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, cast

from trainerspec import assets
from trainerspec.catalog import files, formula
from trainerspec.catalog.formula import Formula
from trainerspec.catalog.model import Task
from trainerspec.catalog.reason import names
from trainerspec.diagnostics.model import Diagnostic, Outcome, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath
from trainerspec.language import expression
from trainerspec.language.expression import Expression
from trainerspec.language.expression.tree import Constant

BROKEN = "TS551"
CYCLE = "TS552"
LICENCES = "licences.yaml"
NEVER: Expression = Constant(value=False)


@dataclass(frozen=True, kw_only=True)
class Rule:
    when: Expression | None
    """Fires when true; None always fires."""
    choose: Json
    """The literal value; None when `compute` or `rank` tells it."""
    compute: Formula | None
    """From `= expression`, or from a formula."""
    rank: tuple[Literal["highest", "lowest"], str] | None
    """Among the candidates that were kept: the one with the highest or lowest fact."""
    because: str
    """The reason; `{name}` is replaced with the value."""


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Why a candidate does not come into question."""

    when: Expression
    because: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """Decides one slot."""

    sop: str
    id: str
    """`data/text-length#1`: the SOP and the step's number from 1."""
    agent: str
    profile: str
    """The SOP's prose about who decides; for language models."""
    slot: SlotPath
    needs: tuple[str, ...]
    """Names, or the beginnings of names, that the step may see."""
    ask: str
    let: Mapping[str, Formula]
    among: Literal["cards"] | None
    drop: tuple[Drop, ...]
    rules: tuple[Rule, ...]
    must: tuple[tuple[str, Expression], ...]
    """Conditions on `value`, each with its text."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What `revise` may change after a failure (`on: failure.oom`)."""

    sop: str
    id: str
    on: str
    when: Expression | None
    propose: JsonObject
    because: str


@dataclass(frozen=True, kw_only=True)
class Sop:
    id: str
    agent: str
    applies: Expression | None
    profile: str
    steps: tuple[Step, ...]
    proposals: tuple[Proposal, ...]
    digest: str
    """sha256 of the file."""
    own: bool
    """True when it is the user's (`.trainerspec/sops`)."""


@dataclass(frozen=True, kw_only=True)
class Sops:
    """All procedures, and the policy on licences."""

    by_id: Mapping[str, Sop]
    licences: tuple[str, ...]
    """SPDX identifiers that a base model may have."""
    digests: Mapping[str, str]
    """SOP id (and `licences`) to the sha256 of its file; trainer.lock records them."""

    def steps(self, task: Task) -> Outcome[tuple[Step, ...]]:
        """Give the step for each slot of the task, every step after those that it needs."""
        return _ordered(self, task)

    def proposals(self, task: Task) -> tuple[Proposal, ...]:
        """Give what may be proposed after a failure, the user's own first."""
        applicable = [sop for sop in self.by_id.values() if _applies(sop, task)]
        return tuple(one for sop in sorted(applicable, key=lambda sop: not sop.own) for one in sop.proposals)


def sops(extra: Path | None = None) -> Sops:
    """Load the SOPs that ship and those of `extra` (`.trainerspec/sops`), which win by id and by slot.

    Raises Stopped when a file is broken.
    """
    shipped = _shipped()
    return _over(shipped, extra, own=True) if extra is not None and extra.is_dir() else shipped


@cache
def _shipped() -> Sops:
    return _over(Sops(by_id={}, licences=(), digests={}), assets.folder("sops"), own=False)


def _over(below: Sops, folder: Path, *, own: bool) -> Sops:
    found, licences, digests = dict(below.by_id), below.licences, dict(below.digests)
    for path in sorted(folder.rglob("*.yaml")):
        content = files.read(path, BROKEN)
        if path.name == LICENCES:
            licences, digests["licences"] = _licences(content, path), _digest(path)
        elif own or (isinstance(content, Mapping) and "sop" in content):
            one = _sop(files.check(content, "sop", path, BROKEN), path, own)
            found[one.id] = one
            digests[one.id] = one.digest
    return Sops(by_id=found, licences=licences, digests=dict(sorted(digests.items())))


def _licences(content: Json, path: Path) -> tuple[str, ...]:
    allowed = content.get("allowed") if isinstance(content, Mapping) else None
    if not isinstance(allowed, list) or not all(isinstance(one, str) for one in allowed):
        raise files.stop(BROKEN, path, "`allowed` is to be a list of SPDX identifiers")
    return tuple(str(one) for one in allowed)


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _sop(content: JsonObject, path: Path, own: bool) -> Sop:
    data = cast(dict[str, Any], content)
    read = _Reader(path=path)
    steps, proposals = [], []
    for number, one in enumerate(data["steps"], start=1):
        where = f"{data['sop']}#{number}"
        if "decide" in one:
            steps.append(read.step(one, where, data))
        else:
            proposals.append(read.proposal(one, where, data))
    applies = read.expression(data["applies"]) if "applies" in data else None
    if read.problems:
        raise Stopped(tuple(read.problems))
    return Sop(
        id=data["sop"],
        agent=data["agent"],
        applies=applies,
        profile=data.get("profile", "").strip(),
        steps=tuple(steps),
        proposals=tuple(proposals),
        digest=_digest(path),
        own=own,
    )


class _Reader:
    """Reads the parts of one SOP file and collects what is wrong in it."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        self.problems: list[Diagnostic] = []

    def complain(self, message: str, hint: str = "") -> None:
        self.problems.append(Diagnostic(code=BROKEN, message=message, hint=hint, file=str(self.path)))

    def expression(self, text: Json) -> Expression:
        outcome = formula.condition(str(text))
        if outcome.value is not None:
            return outcome.value
        for one in outcome.diagnostics:
            self.complain(f"in `{text}`: {one.message}", one.hint)
        return NEVER

    def formula(self, data: Json) -> Formula:
        outcome = formula.parse(data)
        if outcome.value is not None:
            return outcome.value
        for one in outcome.diagnostics:
            self.complain(f"in `{data}`: {one.message}", one.hint)
        return Formula(expression=NEVER)

    def step(self, one: Mapping[str, Any], where: str, sop: Mapping[str, Any]) -> Step:
        must = one.get("must", [])
        step = Step(
            sop=sop["sop"],
            id=where,
            agent=sop["agent"],
            profile=sop.get("profile", "").strip(),
            slot=one["decide"],
            needs=tuple(one.get("needs", ())),
            ask=one.get("ask", ""),
            let={name: self.formula(data) for name, data in one.get("let", {}).items()},
            among=one.get("among"),
            drop=tuple(
                Drop(when=self.expression(drop["when"]), because=drop["because"]) for drop in one.get("drop", ())
            ),
            rules=tuple(self.rule(rule) for rule in one.get("rules", ())),
            must=tuple((text, self.expression(text)) for text in ([must] if isinstance(must, str) else must)),
        )
        for name in sorted(set(read_names(step))):
            if not visible(name, step):
                self.complain(f"step `{where}` reads `{name}`, which its `needs` do not name")
        return step

    def rule(self, one: Mapping[str, Any]) -> Rule:
        choose: Json = one.get("choose")
        source: Json = choose if isinstance(choose, Mapping) else None
        if isinstance(choose, str) and choose.startswith("="):
            source = choose[1:].strip()
        compute = None if source is None else self.formula(source)
        senses: tuple[Literal["highest", "lowest"], ...] = ("highest", "lowest")
        rank = next(((sense, str(one[sense])) for sense in senses if sense in one), None)
        when = self.expression(one["when"]) if "when" in one else None
        choose = choose if compute is None else None
        return Rule(when=when, choose=choose, compute=compute, rank=rank, because=one["because"])

    def proposal(self, one: Mapping[str, Any], where: str, sop: Mapping[str, Any]) -> Proposal:
        return Proposal(
            sop=sop["sop"],
            id=where,
            on=one["on"],
            when=self.expression(one["when"]) if "when" in one else None,
            propose=one["propose"],
            because=one.get("because", ""),
        )


def read_names(step: Step) -> Iterator[str]:
    """Give every name that the expressions and reasons of a step read."""
    for value in step.let.values():
        yield from value.names()
    reasons: list[str] = [*(drop.because for drop in step.drop), *(rule.because for rule in step.rules)]
    conditions = [*(drop.when for drop in step.drop), *(rule.when for rule in step.rules), *(m for _, m in step.must)]
    for condition in conditions:
        if condition is not None:
            yield from (one.name for one in expression.names(condition))
    for rule in step.rules:
        if rule.compute is not None:
            yield from rule.compute.names()
        if rule.rank is not None:
            yield rule.rank[1]
    for reason in reasons:
        yield from names(reason)


def visible(name: str, step: Step) -> bool:
    """Tell whether a step may read `name`: it is a `let`, the value, the candidate's card, or under its `needs`."""
    if name == "value" or name in step.let or (step.among == "cards" and name.startswith("card.")):
        return True
    return any(name == need or name.startswith(f"{need}.") for need in step.needs)


def _applies(sop: Sop, task: Task) -> bool:
    return sop.applies is None or formula.settle(sop.applies, {"task.type": task.name}) is True


def _ordered(all_sops: Sops, task: Task) -> Outcome[tuple[Step, ...]]:
    chosen: dict[SlotPath, Step] = {}
    own: dict[SlotPath, bool] = {}
    problems: list[Diagnostic] = []
    for sop in all_sops.by_id.values():
        for step in sop.steps if _applies(sop, task) else ():
            if step.slot not in task.slots:
                continue
            if step.slot in chosen and own[step.slot] == sop.own:
                message = f"`{step.slot}` is decided by `{chosen[step.slot].id}` and by `{step.id}`"
                problems.append(Diagnostic(code=BROKEN, message=message, hint="narrow `applies` of one of them"))
            elif step.slot not in chosen or sop.own:
                chosen[step.slot], own[step.slot] = step, sop.own
    for slot in task.slots.keys() - chosen.keys():
        message = f"no SOP decides `{slot}` for `{task.name}`"
        problems.append(Diagnostic(code=BROKEN, message=message, hint="add a step to .trainerspec/sops"))
    if problems:
        return Outcome(diagnostics=tuple(problems))
    return _sorted(chosen, task)


def _sorted(chosen: Mapping[SlotPath, Step], task: Task) -> Outcome[tuple[Step, ...]]:
    graph = {
        slot: {other for other in task.slots if other != slot and _needs(step, other)} for slot, step in chosen.items()
    }
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(f"`{slot}`" for slot in reversed(error.args[1]))
        message = f"these slots need each other: {circle}"
        return Outcome(diagnostics=(Diagnostic(code=CYCLE, message=message, hint="take one out of `needs`"),))
    order, reading = [], list(task.slots)
    while sorter.is_active():
        for slot in sorted(sorter.get_ready(), key=reading.index):
            order.append(chosen[slot])
            sorter.done(slot)
    return Outcome(value=tuple(order))


def _needs(step: Step, slot: SlotPath) -> bool:
    for need in step.needs:
        if slot == need or slot.startswith(f"{need}."):
            return True
        if slot == "model.base" and step.among is None and (need == "card" or need.startswith("card.")):
            return True
    return False
