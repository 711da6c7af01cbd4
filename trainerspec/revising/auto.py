"""auto: build, run, judge on the validation split, revise, and again; the test split is scored once, at the end.

What was done stands in .trainerspec/auto.json, so that a killed `auto` goes on where it was.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trainerspec.compiler import Workplace, compile
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source
from trainerspec.llm.model import Model
from trainerspec.revising import git
from trainerspec.revising.evidence import failure
from trainerspec.revising.load_case import Patch, patch
from trainerspec.revising.load_case import case as load_case
from trainerspec.revising.revision import Case
from trainerspec.revising.rounds import Limits, Next, State, Turn, keep, load, spent
from trainerspec.running import repository
from trainerspec.running import run as stages
from trainerspec.running.display import Display
from trainerspec.running.summary import quantity
from trainerspec.workspace.inside import replace_file
from trainerspec.workspace.write import emitted, write
from trainerspec.workspace.writer import writing

LAST = ("evaluate", "benchmark")
"""The last stages of a round: what they need does not see the test split."""
RESULTS = ("dvc.lock", "metrics.json", "gate.json", ".dvc/config", ".dvc/.gitignore", ".dvcignore")
"""What is committed besides trainer.yaml and the emitted files."""


class OutOfTime(Exception):
    """The time that was given is spent."""


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
    search: Callable[[Source, Path, float], tuple[str, str]] | None = None
    """Looks for better settings within some seconds: trainer.yaml with them, and why; empty texts for none."""
    model: Model | None = None
    """A language model that proposes what to change; the rules stand behind it."""


def auto(file: Path, text: str, limits: Limits, around: Surroundings) -> State:
    """Go round until all objectives are met on the validation split with a margin, or no round, time or idea is left.

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
                state = replace(state, turns=(*state.turns[:-1], turn), next=after, spent=spent(folder))
                keep(folder, state)
            if around.search is not None and state.stuck(limits):
                with timed(folder, state, limits.seconds):
                    after = looked(file, state, limits, around)
                state = replace(state, next=after, searched=True, spent=spent(folder))
                keep(folder, state)
            if state.over(limits):
                break
            turn = Turn(number=state.last.number + 1, text=state.next.text, why=state.next.why)
            state = replace(state, turns=(*state.turns, turn), next=Next())
    except OutOfTime:
        state = replace(state, spent=spent(folder), next=Next(why=("the time is spent",)))
    best = state.nearest
    if best is not None and best != state.last:
        build(file, best.text, around)
        _commit(folder, file, f"auto: back to round {best.number}", around)
    if not state.reached:
        state = replace(state, finished=True)
        keep(folder, state)
    return state


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
        crowded = load_case(source, folder, place).crowded
        if crowded:
            around.say(f"other programs used the cores while `{crowded[0].objective.text}` was missed: measured again")
            again(folder, around)
        found = patch(source, folder, place, around.model, aim=True)
    case = found.case
    missed, narrow = (one(case.spec.objectives) for one in (case.evidence.missed, case.evidence.narrow))
    outcome = "failed" if case.now.failed else "missed" if missed else "narrow" if narrow else "met"
    worth = tuple(float(part) for part in case.worth(case.now))
    run = record(folder, turn.number, outcome)
    why = around.explain(found) if outcome != "met" else ()
    after = Next(text=found.text if found.revision.changes else "", why=why)
    beside = tuple((name, bounds(case, scores)) for name, scores in sorted(case.evidence.baselines().items()))
    told = bounds(case, case.evidence.measured)
    learnable = any(one.objective.metric in case.evidence.quality for one in (*missed, *narrow))
    judged = replace(turn, outcome=outcome, told=told, learnable=learnable, beside=beside, gap=worth)
    return replace(judged, commit=commit, run=run), after


def looked(file: Path, state: State, limits: Limits, around: Surroundings) -> Next:
    """Search settings for half of the time that is left; the round that follows needs the other half."""
    assert around.search is not None
    around.say("the rules have no idea left: settings are searched on the validation split")
    source = Source(name=file.as_posix(), text=state.last.text)
    text, why = around.search(source, file.parent, (limits.seconds - state.spent) / 2)
    return Next(text=text, why=(why,)) if text else state.next


def bounds(case: Case, measured: Mapping[str, float]) -> tuple[tuple[str, str, bool], ...]:
    """Return each bound with what was measured, and whether it is met."""
    seen = replace(case.evidence, measured=measured)
    wrong = [one.objective for one in seen.missed(case.spec.objectives)]
    return tuple(
        (one.text, quantity(measured[one.metric], case.task.metric(one).unit), one not in wrong)
        for one in case.spec.objectives
        if one.sense == "constrain" and one.metric in measured
    )


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


def again(folder: Path, around: Surroundings) -> None:
    """Measure once more what other programs disturbed. Raises Stopped when that fails."""
    with around.display(stages.stages(folder).titles) as shown:
        stages.run(folder, shown.take, around.say, no_scm=around.no_scm, until=LAST, again="benchmark")


def finish(file: Path, state: State, around: Surroundings) -> None:
    """Run everything: the test split is scored, the gate judges, and the model is packaged.

    Raises Stopped when a stage fails or the gate refuses.
    """
    folder = file.parent
    try:
        show(folder, around)
    finally:
        if (folder / "gate.json").is_file():
            number = (state.nearest or state.last).number
            _commit(folder, file, f"auto: results of round {number}", around)
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


def reached(state: State) -> str:
    """Say which round met the objectives, and how surely; a simple model that meets them all is named."""
    best = state.nearest
    assert best is not None
    told = f"round {best.number} meets all objectives on the validation split"
    if best.outcome == "narrow":
        told += ", some by less than its rows can tell: the test split may miss them"
    met = [name for name, rows in best.beside if rows and all(one[2] for one in rows)]
    return told + (f" ; of quality, the simple model `{met[0]}` meets them too" if met else "")


def exhausted(state: State, limits: Limits) -> Diagnostic:
    """Say honestly that the objectives are not met, by what, and what the last revision said."""
    best = state.nearest
    near = [f"{text} (measured {measured})" for text, measured, met in best.told if not met] if best is not None else []
    rounds = len([one for one in state.turns if one.outcome])
    spent = "the time was spent" if state.spent >= limits.seconds else f"{rounds} of {limits.rounds} rounds"
    missing = f"missed in the best round: {', '.join(near)}" if near else "no round came to a measurement"
    more = "; ".join(state.next.why)
    hint = (f"next would be: {more}" if state.next.text else more) or "give more rounds or time"
    return Diagnostic(code="TS846", message=f"not all objectives are met after {spent}; {missing}", hint=hint)
