"""One standard operating procedure, as records: decision steps and proposals."""

from collections.abc import Iterator, Mapping
from typing import Literal

from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.ir.spec import SlotPath
from trainerspec.language import expression
from trainerspec.language.expression import Expression
from trainerspec.language.formula import Formula
from trainerspec.procedures.reason import names


@record(frozen=True, kw_only=True)
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


@record(frozen=True, kw_only=True)
class Drop:
    """Why a candidate is ruled out."""

    when: Expression
    because: str


@record(frozen=True, kw_only=True)
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

    @property
    def estimates(self) -> bool:
        """Tell whether it reads what serving will cost, which follows from the slots outside `serve`."""
        return any(need.partition(".")[0] == "estimate" for need in self.needs)


@record(frozen=True, kw_only=True)
class Proposal:
    """What `revise` may change after a failure (`failure.oom`) or a missed objective (`objective.latency`)."""

    sop: str
    id: str
    on: tuple[str, ...]
    """`failure.<kind or code>`, `objective.<metric or its beginning>`, or `objective.quality` for what data tells."""
    let: Mapping[str, Formula]
    when: Expression | None
    propose: Mapping[SlotPath, Rule]
    """How to find each slot's new value, each without a condition; empty when the step only advises."""
    override: bool
    """True when it may change what a person wrote in trainer.yaml."""
    because: str
    advise: str
    """What a person could do, where no slot helps."""


@record(frozen=True, kw_only=True)
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
    task: str = ""
    """The task in whose folder it lies; it applies to that task only."""

    @property
    def rank(self) -> tuple[bool, bool]:
        """Tell which of two procedures for one slot counts: the user's, then the task's own, then the shared one."""
        return self.own, bool(self.task)


def read_names(step: Step) -> Iterator[str]:
    """Return every name that the expressions and reasons of a step read."""
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
