"""Measure how long the compiler's commands take above a bare `python -c pass`, interleaved in one run.

    python benchmarks/compiler.py [--repeats 9]

Prints a Markdown table: median seconds above bare Python, and the ratio to it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
REQUEST = "Classify the notes in notes/ by topic, at least 90% accurate, under 20 ms on CPU"
CLASSES = {"fruit": "a ripe apple from the orchard", "metal": "a rusty iron anvil in the forge"}


def make(folder: Path) -> Path:
    """Draft and build a small project in `folder`; return its folder."""
    for label, text in CLASSES.items():
        (folder / "notes" / label).mkdir(parents=True)
        for number in range(50):
            (folder / "notes" / label / f"{number}.txt").write_text(f"{text} number {number}")
    trainerspec = str(BIN / "trainerspec")
    subprocess.run([trainerspec, "draft", REQUEST, "--out", "."], cwd=folder, check=True, capture_output=True)
    project = next(folder.glob("*/trainer.yaml")).parent
    subprocess.run([trainerspec, "build"], cwd=project, check=True, capture_output=True)
    return project


def seconds(command: list[str], folder: Path) -> float:
    """Return the wall seconds of one run.

    Raises CalledProcessError when it fails.
    """
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    return time.perf_counter() - started


def main() -> None:
    """Time every command in turn, `--repeats` times over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    trainerspec = str(BIN / "trainerspec")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "trainerspec --help": [trainerspec, "--help"],
        "trainerspec check": [trainerspec, "check"],
        "trainerspec plan": [trainerspec, "plan"],
        "trainerspec build": [trainerspec, "build"],
        "trainerspec build --frozen": [trainerspec, "build", "--frozen"],
        "trainerspec draft --json": [trainerspec, "draft", "--json", REQUEST],
    }
    with tempfile.TemporaryDirectory() as scratch:
        project = make(Path(scratch))
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(repeats + 1):
            for name, command in commands.items():
                times[name].append(seconds(command, project))
    bare = statistics.median(times["python -c pass"][1:])
    print("| command | median s | above bare Python | ratio |\n| --- | --- | --- | --- |")
    for name, runs in times.items():
        median = statistics.median(runs[1:])
        print(f"| `{name}` | {median:.3f} | {median - bare:.3f} | {median / bare:.1f} |")


if __name__ == "__main__":
    main()
