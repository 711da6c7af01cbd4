"""Measure what a project's pipeline adds around the bare training work, stage by stage.

    python benchmarks/pipeline.py build/examples/news/news-desk

Runs every stage once more (`dvc repro --force --no-run-cache`) and prints a Markdown table: wall seconds from one
stage's start to the next one's (so DVC's own work is in it), the bare training work as the train stage reports it
(`train.time` in build/training.json), and the difference.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent


def repro(project: Path) -> tuple[list[tuple[str, float]], float]:
    """Return (stage, wall seconds) in order, and the seconds of the whole command.

    Raises SystemExit when DVC fails.
    """
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [str(BIN / "dvc"), "repro", "--force", "--no-run-cache"]
    started = time.perf_counter()
    marks = [("start of DVC", started)]
    with subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", file=sys.stderr)
            if found := re.match(r"Running stage '([^']+)'", line):
                marks.append((found[1], time.perf_counter()))
    if process.returncode:
        raise SystemExit(process.returncode)
    ended = time.perf_counter()
    times = [(name, after - at) for (name, at), (_, after) in zip(marks, [*marks[1:], ("", ended)], strict=True)]
    return times, ended - started


def main() -> None:
    """Print the table for the project named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, nargs="?", default=Path("build/examples/news/news-desk"))
    project = parser.parse_args().project
    if not (project / "dvc.yaml").is_file():
        raise SystemExit(f"{project} is no built project: run `make example NAME=news` first")
    times, total = repro(project)
    bare = json.loads((project / "build" / "training.json").read_text())["train.time"]
    print("| stage | wall s | bare training s | added s |\n| --- | --- | --- | --- |")
    for name, seconds in times:
        work = bare if name == "train" else 0.0
        print(f"| {name} | {seconds:.1f} | {work:.1f} | {seconds - work:.1f} |")
    print(f"| all | {total:.1f} | {bare:.1f} | {total - bare:.1f} |")


if __name__ == "__main__":
    main()
