"""Agents: each has a profile, a memory and a plan from its SOPs, and a filler: rules or a model."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from trainerspec.diagnostics.model import Outcome, Stopped
from trainerspec.procedures.memory import Failed, Filled, Memory, Perceived, Planned
from trainerspec.procedures.slot_context import Choice, Filler, SlotContext
from trainerspec.procedures.sops import Sops
from trainerspec.workspace.writer import unwritable

MEMORIES = Path(".trainerspec") / "agents"


@dataclass(kw_only=True)
class Agent:
    """One of `data`, `model` and `server`; the SOPs say who it is and what it does."""

    name: str
    filler: Filler
    """Rules, or a language model with the rules behind it."""
    sops: Sops
    memory: Memory = field(default_factory=Memory)
    plan: dict[str, bool] = field(default_factory=dict)
    """Step id to whether it is done."""

    @property
    def profile(self) -> str:
        """Return the prose that the SOPs of this agent begin with."""
        return "\n\n".join(sop.profile for sop in self.sops.by_id.values() if sop.agent == self.name and sop.profile)

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        """Perceive, act and tick the step off; remember all of it."""
        step = context.step
        if step.id not in self.plan:
            self._adopt(step.sop)
        self.memory.add(Perceived(step=step.id, names=dict(context.env)))
        outcome = self.filler.fill(context)
        if outcome.value is None:
            problems = tuple(one.message for one in outcome.diagnostics)
            self.memory.add(Failed(step=step.id, slot=step.slot, problems=problems))
            return outcome
        choice = outcome.value
        self.plan[step.id] = True
        self.memory.add(
            Filled(
                step=step.id,
                slot=step.slot,
                value=choice.value,
                author=choice.author,
                because=choice.because,
                tried=tuple(f"{one.value}: {one.because}" for one in choice.tried),
            )
        )
        return outcome

    def _adopt(self, sop: str) -> None:
        steps = self.sops.by_id[sop].steps
        self.plan.update({step.id: False for step in steps})
        self.memory.add(Planned(sop=sop, slots=tuple(step.slot for step in steps)))


@dataclass(kw_only=True)
class Team:
    """Fills slots: gives each to the agent that its SOP names."""

    filler: Filler
    sops: Sops
    agents: dict[str, Agent] = field(default_factory=dict)

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        """Let the step's agent fill the slot."""
        name = context.step.agent
        agent = self.agents.setdefault(name, Agent(name=name, filler=self.filler, sops=self.sops))
        return agent.fill(context)

    def save(self, folder: Path) -> None:
        """Append every agent's memory to .trainerspec/agents/<agent>.jsonl. Raises Stopped with TS705 and TS709."""
        for agent in self.agents.values():
            try:
                agent.memory.save(folder, MEMORIES / f"{agent.name}.jsonl")
            except OSError as error:
                unwritable(folder, error)


@contextmanager
def at_work(filler: Filler, sops: Sops, folder: Path | None) -> Iterator[Team]:
    """Return a team whose memories are saved below `folder` whatever happens; None where nothing is to be written.

    Raises Stopped with TS705 and TS709 when they cannot be saved, and nothing else went wrong.
    """
    team = Team(filler=filler, sops=sops)
    try:
        yield team
    except BaseException:
        with suppress(Stopped):
            if folder is not None:
                team.save(folder)
        raise
    if folder is not None:
        team.save(folder)
