"""Measure what a project's pipeline adds around the bare training work, stage by stage.

    python -m benchmarks.pipeline
    python -m benchmarks.pipeline --against 734a2fe --rounds 2 --epochs 1

Builds an example's reviewed spec on its data and runs all stages with `trainerspec run` in a fresh folder, or with
`dvc repro` (`--by repro`), where each stage is a process of its own. Reports the wall
seconds from one stage's start to the next one's (so DVC's own work is in it), the bare training work as the train stage
reports it (`train.time` in build/training.json), and the difference. `--against` also builds the project with another
revision's compiler: same data, same spec, in turn with today's, the order turned round every round. The least of each
number counts, since other work on the machine only ever adds. `--epochs` shortens the training on both sides: what a
run adds does not depend on it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.measured import ROOT, Value, git, write
from examples.run import BIN, known

COMMANDS = {
    "run": [sys.executable, "-m", "trainerspec", "run"],
    "repro": [str(BIN / "dvc"), "repro"],
}
BEGAN = re.compile(r"Running stage '([^']+)'|\[\d+/\d+\] ([\w-]+):")
"""The line that either command prints when a stage begins."""
LATENCY = re.compile(r"(latency\S* <= )\d+ ms")
"""Its bound is widened: a crowded machine would miss it, and package nothing."""
Seconds = dict[str, float]
"""Stage name to seconds, in the order of the run."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of all stages."""

    wall: Seconds
    cpu: Seconds
    """Processor seconds of processes that ended meanwhile; of forks and what they share those are in the last stage."""
    bare: float
    """Wall seconds of the training work alone."""

    @property
    def added(self) -> Seconds:
        """Return wall seconds less the bare training work."""
        return {name: value - (self.bare if name == "train" else 0) for name, value in self.wall.items()}

    @property
    def processor(self) -> float:
        """Return all processor seconds less the bare training work, on an idle machine."""
        return sum(self.cpu.values()) - self.bare


def environment(source: Path) -> dict[str, str]:
    """Return the environment in which `source` is the compiler and stages have one thread."""
    inherited = dict(os.environ)
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's modules are compiled once, not in every stage
    return {
        **inherited,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(source),
        "PYTHONUNBUFFERED": "1",
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_NUM_THREADS": "1",
    }


def build(source: Path, project: Path, spec: str) -> None:
    """Build `spec` in `project` with the compiler of `source`.

    Raises CalledProcessError when it fails.
    """
    project.mkdir(parents=True, exist_ok=True)
    (project / "trainer.yaml").write_text(spec, encoding="utf-8")
    for command in (
        [sys.executable, "-m", "trainerspec", "build"],
        ["git", "init", "--quiet"],
        [str(BIN / "dvc"), "init", "--quiet"],
    ):
        subprocess.run(command, cwd=project, check=True, env=environment(source), stdout=subprocess.DEVNULL)


def spent(process: int) -> float:
    """Return the processor seconds of a process and of its children that ended (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def repro(project: Path, source: Path, by: str = "repro") -> Run:
    """Run all stages with `dvc repro`, or with `trainerspec run`.

    Raises SystemExit with the command's status when it fails.
    """
    marks = [("dvc", time.perf_counter(), 0.0)]
    command = COMMANDS[by]
    with subprocess.Popen(
        command, cwd=project, env=environment(source), stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", file=sys.stderr)
            if found := BEGAN.match(line):
                marks.append((found[1] or found[2], time.perf_counter(), spent(process.pid)))
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        marks.append(("", time.perf_counter(), spent(process.pid)))
    if process.returncode:
        raise SystemExit(process.returncode)
    pairs = list(pairwise(marks))
    return Run(
        wall={name: after - at for (name, at, _), (_, after, _) in pairs},
        cpu={name: after - at for (name, _, at), (_, _, after) in pairs},
        bare=json.loads((project / "build" / "training.json").read_text(encoding="utf-8"))["train.time"],
    )


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Check a revision out in a temporary folder, as long as the block lasts.

    Raises SystemExit when this repository does not have it.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "source"
        try:
            git("worktree", "add", "--detach", "--quiet", str(place), revision)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"there is no revision `{revision}` here: {error.stderr.strip()}") from error
        try:
            yield place
        finally:
            git("worktree", "remove", "--force", str(place))


def measure(sources: Sequence[Path], example: str, rounds: int, epochs: int, by: str) -> list[list[Run]]:
    """Run the example's project of each source in turn; return the runs of each."""
    spec = (ROOT / "examples" / example / "trainer.yaml").read_text(encoding="utf-8")
    spec = LATENCY.sub(r"\g<1>10 s", spec)
    spec += f"model: {{train: {{epochs: {epochs}}}}}\n" if epochs else ""
    runs: list[list[Run]] = [[] for _ in sources]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [sys.executable, str(ROOT / "examples" / example / "make_data.py"), "."]
        subprocess.run(made, cwd=folder, check=True, stdout=sys.stderr)
        for number in range(rounds):
            order = list(enumerate(sources))
            for side, source in order if number % 2 == 0 else reversed(order):
                project = folder / f"{'here' if side == 0 else 'against'}-{number}"
                build(source, project, spec)
                runs[side].append(repro(project, source, by))
    return runs


def numbers(runs: Sequence[Run], prefix: str) -> dict[str, Value]:
    """Return the least of each number over runs, flat."""
    found: dict[str, Value] = {}
    for name in runs[0].wall:
        found[f"{prefix}{name}.wall"] = min(run.wall[name] for run in runs)
        found[f"{prefix}{name}.added"] = min(run.added[name] for run in runs)
        found[f"{prefix}{name}.cpu"] = min(run.cpu[name] for run in runs)
    found[f"{prefix}bare"] = min(run.bare for run in runs)
    found[f"{prefix}wall"] = min(sum(run.wall.values()) for run in runs)
    found[f"{prefix}added"] = min(sum(run.added.values()) for run in runs)
    found[f"{prefix}processor"] = min(run.processor for run in runs)
    return found


def table(runs: Sequence[Sequence[Run]]) -> str:
    """Write the numbers as a Markdown table."""
    rows = ["| stage | wall s | added s | processor s |", "| --- | --- | --- | --- |"]
    for side, title in zip(runs, ("", " (against)"), strict=False):
        found = numbers(side, "")
        for name in side[0].wall:
            cells = [float(found[f"{name}.{what}"]) for what in ("wall", "added", "cpu")]
            rows.append(f"| {name}{title} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
        cells = [float(found[what]) for what in ("wall", "added", "processor")]
        rows.append(f"| all{title} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
    return "\n".join(rows)


def main() -> None:
    """Measure, print a table, and write the metrics where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--example", choices=known(), default="news")
    parser.add_argument("--against", metavar="REV", help="a revision to compare with")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=0, help="training epochs; 0: what the SOPs choose")
    parser.add_argument("--by", choices=tuple(COMMANDS), default="run", help="the command that runs the stages")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    with ExitStack() as stack:
        other = [stack.enter_context(checkout(asked.against))] if asked.against else []
        runs = measure([ROOT, *other], asked.example, asked.rounds, asked.epochs, asked.by)
    print(table(runs))
    found = {**numbers(runs[0], ""), "rounds": float(asked.rounds), "example": asked.example, "by": asked.by}
    if asked.against:
        found |= numbers(runs[1], "against.")
        found |= {f"ratio.{name}": float(found[name]) / float(found[f"against.{name}"])
                  for name in ("added", "processor")}  # fmt: skip
        found["against.commit"] = git("rev-parse", "--short=10", asked.against).strip()
        print(f"added, today to {asked.against}: {found['ratio.added']:.2f} by the clock, "
              f"{found['ratio.processor']:.2f} of the processor")  # fmt: skip
    if asked.metrics:
        write(asked.metrics, found)


if __name__ == "__main__":
    main()
