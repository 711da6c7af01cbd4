"""Read one SOP file, and tell everything that is wrong in it at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from trainerspec.catalog import files
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.language import formula
from trainerspec.language.expression import Expression
from trainerspec.language.expression.tree import Constant
from trainerspec.language.formula import Formula
from trainerspec.procedures.procedure import Drop, Proposal, Rule, Sop, Step, read_names, visible

BROKEN = "TS551"
NEVER: Expression = Constant(value=False)
FACTORS = {"half": 0.5, "double": 2}
"""Words for a proposed value, as what the slot's present value is multiplied with."""


def sop(content: JsonObject, path: Path, own: bool, task: str = "") -> Sop:
    """Read an SOP that follows its schema; `task` is the task in whose folder it lies. Raises Stopped."""
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
        digest=files.sha256_of(path),
        own=own,
        task=task,
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
        on = one["on"]
        return Proposal(
            sop=sop["sop"],
            id=where,
            on=(on,) if isinstance(on, str) else tuple(on),
            let={name: self.formula(data) for name, data in one.get("let", {}).items()},
            when=self.expression(one["when"]) if "when" in one else None,
            propose={slot: self.rule(_value(slot, value)) for slot, value in one.get("propose", {}).items()},
            override=one.get("override", False),
            because=one.get("because", ""),
            advise=one.get("advise", ""),
        )


def _value(slot: str, value: Json) -> dict[str, Any]:
    """Return a proposed value as a rule: `half` and `double` are products, `highest` and `lowest` choose a card.

    >>> _value("model.train.batch_size", "half")
    {'because': '', 'choose': {'product': ['model.train.batch_size', 0.5]}}
    """
    if isinstance(value, Mapping) and value.keys() & {"highest", "lowest"}:
        return {"because": "", **value}
    if isinstance(value, str) and value in FACTORS:
        value = {"product": [slot, FACTORS[value]]}
    return {"because": "", "choose": value}
