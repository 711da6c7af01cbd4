"""auto: build, run, judge on the validation split, revise, and again; the test split is scored once, at the end.

What was done stands in .trainerspec/auto.json, so that a killed `auto` goes on where it was.
"""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trainerspec.compiler import Workplace, compile
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source
from trainerspec.llm.model import Model
from trainerspec.revising import git
from trainerspec.revising.evidence import failure
from trainerspec.revising.history import save
from trainerspec.revising.load_case import Patch, patch
from trainerspec.running import repository
from trainerspec.running import run as stages
from trainerspec.running.display import Display
from trainerspec.running.summary import quantity
from trainerspec.workspace.inside import replace_file
from trainerspec.workspace.write import emitted, write
from trainerspec.workspace.writer import writing

PLACE = Path(".trainerspec") / "auto.json"
LAST = ("evaluate", "benchmark")
"""The last stages of a round: what they need does not see the test split."""
RESULTS = ("dvc.lock", "metrics.json", "gate.json", ".dvc/config", ".dvc/.gitignore", ".dvcignore")
"""What is committed besides trainer.yaml and the emitted files."""


class OutOfTime(Exception):
    """The time that was given is spent."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One round."""

    number: int
    text: str
    """trainer.yaml."""
    why: tuple[str, ...] = ()
    """What was changed for it, and why; empty for the first one."""
    outcome: str = ""
    """`met`, `missed`, `failed`; empty while it is not over."""
    told: tuple[tuple[str, str, bool], ...] = ()
    """Each bound, what was measured, and whether it is met."""
    gap: tuple[float, ...] = ()
    """How far from the objectives; the lower, the nearer."""
    commit: str = ""
    run: str = ""
    """Of MLflow."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """What the last revision proposes; without a text, why it proposes nothing."""

    text: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """How far `auto` is."""

    turns: tuple[Turn, ...]
    next: Next = field(default_factory=Next)
    spent: float = 0.0
    """Seconds."""
    finished: bool = False

    @property
    def last(self) -> Turn:
        """Return the round that is on, or was the last one."""
        return self.turns[-1]


@dataclass(frozen=True, kw_only=True)
class Limits:
    rounds: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What `auto` works with, besides the project."""

    workplace: Callable[[Source, Path], AbstractContextManager[Workplace]]
    display: Callable[[Mapping[str, str]], Display]
    """Shows stages, given by name and title."""
    say: Callable[[str], None]
    explain: Callable[[Patch], tuple[str, ...]]
    """Writes what a patch changes and why, or why there is none."""
    no_scm: bool = False
    model: Model | None = None
    """A language model that proposes what to change; the rules stand behind it."""


def load(folder: Path, text: str) -> State | None:
    """Return the state of an `auto` that was cut off; None when there is none, or trainer.yaml is not what it left."""
    try:
        data: dict[str, Any] = json.loads((folder / PLACE).read_text(encoding="utf-8"))
        turns = tuple(_turn(one) for one in data["turns"])
        after = Next(text=data["next"]["text"], why=tuple(data["next"]["why"]))
        state = State(turns=turns, next=after, spent=data["spent"], finished=data["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    left = [one.text for one in state.turns[-2:]]
    return state if text in left and not state.finished else None


def _turn(data: dict[str, Any]) -> Turn:
    told = tuple((str(one[0]), str(one[1]), bool(one[2])) for one in data["told"])
    return Turn(**{**data, "why": tuple(data["why"]), "told": told, "gap": tuple(data["gap"])})


def auto(file: Path, text: str, limits: Limits, around: Surroundings) -> State:
    """Go round until all objectives are met on the validation split, or there is no round, time or idea left.

    Leaves trainer.yaml, built, as it was in the best round. Raises Stopped when a build or a run cannot be mended.
    """
    folder = file.parent
    state = load(folder, text) or State(turns=(Turn(number=1, text=text),))
    if state.spent or len(state.turns) > 1:
        around.say(f"going on with round {state.last.number} of an `auto` that was cut off")
    try:
        while True:
            if not state.last.outcome:
                keep(folder, state)
                around.say(f"round {state.last.number} of {limits.rounds}")
                with timed(folder, state, limits.seconds):
                    turn, after = play(file, state.last, around)
                spent = _state(folder).spent
                state = replace(state, turns=(*state.turns[:-1], turn), next=after, spent=spent)
                keep(folder, state)
            if state.last.outcome == "met" or not state.next.text or len(state.turns) >= limits.rounds:
                break
            turn = Turn(number=state.last.number + 1, text=state.next.text, why=state.next.why)
            state = replace(state, turns=(*state.turns, turn), next=Next())
    except OutOfTime:
        state = replace(state, spent=_state(folder).spent, next=Next(why=("the time is spent",)))
    if state.last.outcome != "met":
        best = nearest(state)
        if best is not None and best != state.last:
            build(file, best.text, around)
            _commit(folder, file, f"auto: back to round {best.number}", around)
        state = replace(state, finished=True)
        keep(folder, state)
    return state


def keep(folder: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    save(folder, PLACE, asdict(state))


def _state(folder: Path) -> State:
    data = json.loads((folder / PLACE).read_text(encoding="utf-8"))
    return State(turns=(), spent=data["spent"])


def nearest(state: State) -> Turn | None:
    """Return the round that came nearest to the objectives, the later of equals; None when none was finished."""
    over = [one for one in reversed(state.turns) if one.outcome]
    return min(over, key=lambda one: one.gap, default=None)


@contextmanager
def timed(folder: Path, state: State, most: float) -> Iterator[None]:
    """Count the seconds into the state that is kept. Raises OutOfTime when `most` seconds are spent in all."""
    left = most - state.spent
    if left <= 0:
        raise OutOfTime

    def stop(number: int, frame: object) -> None:
        raise OutOfTime

    start, before = time.monotonic(), signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        keep(folder, replace(state, spent=state.spent + time.monotonic() - start))


def play(file: Path, turn: Turn, around: Surroundings) -> tuple[Turn, Next]:
    """Build, commit, run, judge and record one round; gives it with its outcome, and what to try next."""
    folder = file.parent
    build(file, turn.text, around)
    commit = _commit(folder, file, "\n".join([f"auto: round {turn.number}", "", *turn.why]), around)
    try:
        show(folder, around, LAST)
    except Stopped:
        if failure(folder) is None:
            raise
    source = Source(name=file.as_posix(), text=turn.text)
    with around.workplace(source, folder) as place:
        found = patch(source, folder, place, around.model)
    case = found.case
    missed = case.missed(case.now)
    outcome = "failed" if case.now.failed else "missed" if missed else "met"
    told = tuple(
        (one.text, quantity(case.evidence.measured[one.metric], case.task.metric(one).unit), one not in wrong)
        for wrong in [[each.objective for each in missed]]
        for one in case.spec.objectives
        if one.sense == "constrain" and one.metric in case.evidence.measured
    )
    worth = tuple(float(part) for part in case.worth(case.now))
    run = record(folder, turn.number, outcome)
    why = around.explain(found) if outcome != "met" else ()
    after = Next(text=found.text if found.revision.changes else "", why=why)
    return replace(turn, outcome=outcome, told=told, gap=worth, commit=commit, run=run), after


def build(file: Path, text: str, around: Surroundings) -> None:
    """Write trainer.yaml and what it builds to. Raises Stopped, and writes nothing then."""
    folder, source = file.parent, Source(name=file.as_posix(), text=text)
    with around.workplace(source, folder) as place:
        compiled = compile(source, place)
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        replace_file(folder, file.name, text.encode())
    Log().take(write(compiled.project, folder))


def show(folder: Path, around: Surroundings, until: Sequence[str] = ()) -> None:
    """Run the stages, shown as they go. Raises Stopped when one fails."""
    with around.display(stages.stages(folder).titles) as shown:
        stages.run(folder, shown.take, around.say, no_scm=around.no_scm, until=until)


def finish(file: Path, state: State, around: Surroundings) -> None:
    """Run everything: the test split is scored, the gate judges, and the model is packaged.

    Raises Stopped when a stage fails or the gate refuses.
    """
    folder = file.parent
    try:
        show(folder, around)
    finally:
        if (folder / "gate.json").is_file():
            _commit(folder, file, f"auto: results of round {state.last.number}", around)
    keep(folder, replace(state, finished=True))


def record(folder: Path, number: int, outcome: str) -> str:
    """Record a round in MLflow with the project's own code; gives the run, or nothing when that fails."""
    command = ["python", "-m", "pipeline.reporting.tracking", "--round", str(number), "--verdict", outcome]
    done = subprocess.run(
        command, cwd=folder, env=repository.environment(1), capture_output=True, text=True, check=False
    )
    lines = done.stdout.split()
    return lines[-1] if done.returncode == 0 and lines else ""


def _commit(folder: Path, file: Path, message: str, around: Surroundings) -> str:
    """Commit trainer.yaml, what was emitted and the results; gives the commit, or nothing without git."""
    if around.no_scm:
        return ""
    with writing(folder):
        for line in repository.prepare(folder, no_scm=False):
            around.say(line)
    files = Log().take(emitted(folder))
    return git.commit(folder, [file.name, "trainer.lock", *files, *RESULTS], message)


def exhausted(state: State, limits: Limits) -> Diagnostic:
    """Say honestly that the objectives are not met, by what, and what the last revision said."""
    best = nearest(state)
    near = [f"{text} (measured {measured})" for text, measured, met in best.told if not met] if best is not None else []
    rounds = len([one for one in state.turns if one.outcome])
    spent = "the time was spent" if state.spent >= limits.seconds else f"{rounds} of {limits.rounds} rounds"
    missing = f"missed in the best round: {', '.join(near)}" if near else "no round came to a measurement"
    more = "; ".join(state.next.why)
    hint = (f"next would be: {more}" if state.next.text else more) or "give more rounds or time"
    return Diagnostic(code="TS846", message=f"not all objectives are met after {spent}; {missing}", hint=hint)
