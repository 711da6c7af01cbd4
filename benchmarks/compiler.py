"""Measure how long the compiler's commands take, beside a bare `python -c pass` and an earlier commit.

    python -m benchmarks.compiler [--rounds 9] [--against 734a2fe] [--metrics FILE]

Every command runs in a process of its own, all of them in turn, in three situations: `again` (nothing changed since the
last run), `edited` (another bound in the spec, another number in the request) and `first` (the user's cache folder is
empty, and the package holds what its build prepared). `--against` runs another revision's compiler, on its own draft of
the same request, in turn with this one. Medians count, of processor seconds, which other programs on the machine hardly
change, and of wall seconds; `--metrics` writes them to a file.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import ROOT, Value, write
from benchmarks.pipeline import checkout

REQUEST = "Classify the notes in notes/ by topic, at least 90% accurate, under 20 ms on CPU"
CLASSES = {"fruit": "a ripe apple from the orchard", "metal": "a rusty iron anvil in the forge"}
COMMANDS = {
    "--help": ("--help",),
    "check": ("check",),
    "plan": ("plan",),
    "build": ("build",),
    "build --frozen": ("build", "--frozen"),
    "draft --json": ("draft", "--json", REQUEST),
}
EDITED = ("check", "plan", "build", "draft --json")
"""What people run after an edit; the last edit of the spec is built, so that the next `again` is one."""
PYTHON = "python -c pass"
BOUND = re.compile(r"(accuracy >= )[\d.]+%")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One compiler, with a project and a cache folder of its own."""

    name: str
    source: Path
    folder: Path

    @property
    def project(self) -> Path:
        """Return the folder of the project that this side drafted."""
        return next(self.folder.glob("*/trainer.yaml")).parent

    def make(self) -> None:
        """Prepare the package as its build does, then draft and build a small project."""
        if (self.source / "trainerspec" / "preparing.py").is_file():
            taken([sys.executable, "-m", "trainerspec.preparing"], self.source, dict(os.environ))
        for label, text in CLASSES.items():
            (self.folder / "notes" / label).mkdir(parents=True)
            for number in range(50):
                (self.folder / "notes" / label / f"{number}.txt").write_text(f"{text} number {number}")
        self.run(("draft", REQUEST, "--out", "."), self.folder)
        self.run(("build",), self.project)

    def run(self, words: tuple[str, ...], folder: Path, cache: str = "cache") -> "Taken":
        """Return what one command took.

        Raises CalledProcessError when it fails.
        """
        environment = {**os.environ, "PYTHONPATH": str(self.source), "XDG_CACHE_HOME": str(self.folder / cache)}
        return taken([sys.executable, "-m", "trainerspec", *words], folder, environment)

    def edit(self, number: int) -> None:
        """Write another bound into the spec."""
        path = self.project / "trainer.yaml"
        path.write_text(BOUND.sub(rf"\g<1>{50 + number / 10:.1f}%", path.read_text("utf-8")), encoding="utf-8")

    def times(self, number: int) -> Iterator[tuple[str, "Taken"]]:
        """Run every command once in each situation."""
        for name, words in COMMANDS.items():
            yield f"{name}.again", self.run(words, self.project)
            yield f"{name}.first", self.run(words, self.project, f"cache-{name}-{number}")
        for name in EDITED:
            words, number = COMMANDS[name], number + 100
            if name.startswith("draft"):
                words = (*words[:-1], f"{words[-1]}, from {number} notes")
            else:
                self.edit(number)
            yield f"{name}.edited", self.run(words, self.project)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one run took, in seconds."""

    wall: float
    processor: float
    """Of the command and the programs that it starts."""


def taken(command: list[str], folder: Path, environment: dict[str, str]) -> Taken:
    """Return what one run takes.

    Raises CalledProcessError when it fails.
    """
    environment = {**environment, "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's modules are compiled once, not in every run
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall=wall, processor=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(sides: list[Side], rounds: int) -> dict[str, float]:
    """Return the medians by side, command, situation and clock; the first round writes Python's caches, and is out."""
    times: dict[str, list[Taken]] = {}
    for number in range(rounds + 1):
        times.setdefault(PYTHON, []).append(taken([sys.executable, "-c", "pass"], ROOT, dict(os.environ)))
        for runs in zip(*(side.times(number) for side in sides), strict=True):
            for side, (name, value) in zip(sides, runs, strict=True):
                times.setdefault(f"{side.name}{name}", []).append(value)
    found: dict[str, float] = {}
    for name, values in times.items():
        found[f"{name}.seconds"] = statistics.median(one.wall for one in values[1:])
        found[f"{name}.processor"] = statistics.median(one.processor for one in values[1:])
    return found


def main() -> None:
    """Time every command in turn, `--rounds` times over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--against", metavar="REVISION", help="another commit to measure beside this one")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:
        sides = [Side(name="", source=ROOT, folder=Path(scratch) / "now")]
        if asked.against:
            source = stack.enter_context(checkout(asked.against))
            sides.append(Side(name="against.", source=source, folder=Path(scratch) / "then"))
        for side in sides:
            side.make()
        medians = measure(sides, asked.rounds)
    show(medians)
    found: dict[str, Value] = dict(medians)
    if asked.against:
        found["against.commit"] = asked.against
    if asked.metrics:
        write(asked.metrics, {**found, "rounds": float(asked.rounds)})


def show(medians: dict[str, float]) -> None:
    """Print a Markdown table: seconds by both clocks, and the ratios to the other revision's."""
    print("| command | situation | processor s | of the other revision | s | of the other revision |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in [key.removesuffix(".processor") for key in medians if key.endswith(".processor")]:
        if name.startswith("against.") or name == PYTHON:
            continue
        command, _, situation = name.rpartition(".")
        cells = []
        for clock in ("processor", "seconds"):
            value, other = medians[f"{name}.{clock}"], medians.get(f"against.{name}.{clock}")
            cells += [f"{value:.3f}", f"{value / other:.2f} ({other:.3f} s)" if other else ""]
        print(f"| `{command}` | {situation} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
