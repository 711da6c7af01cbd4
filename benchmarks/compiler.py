"""Measure how long the compiler's commands take above a bare `python -c pass`, interleaved in one run.

    python -m benchmarks.compiler [--repeats 9] [--metrics FILE]

Prints a Markdown table: median seconds above bare Python, and the ratio to it. `--metrics` writes the seconds to a
file.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measured import Value, write

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
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
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
        for _ in range(asked.repeats + 1):
            for name, command in commands.items():
                times[name].append(seconds(command, project))
    medians = {name: statistics.median(runs[1:]) for name, runs in times.items()}
    bare = medians["python -c pass"]
    print("| command | median s | above bare Python | ratio |\n| --- | --- | --- | --- |")
    for name, median in medians.items():
        print(f"| `{name}` | {median:.3f} | {median - bare:.3f} | {median / bare:.1f} |")
    if asked.metrics:
        found: dict[str, Value] = {f"{name.removeprefix('trainerspec ')}.seconds": it for name, it in medians.items()}
        write(asked.metrics, {**found, "repeats": float(asked.repeats)})


if __name__ == "__main__":
    main()
