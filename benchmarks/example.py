"""Take one example from its request to its package, and write what was measured to metrics/NAME.json.

    python -m benchmarks.example penguins

This is what `dvc repro penguins` runs. It begins with an empty folder, build/repro/NAME, so that times are those of a
first run; the package lies in build/repro/NAME/package at the end.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from benchmarks.measured import METRICS, ROOT, Value, write
from examples.run import BIN, drafted, known, show
from trainerspec.ir.json import Json
from trainerspec.workspace.lock import read_lock

PLACE = ROOT / "build" / "repro"
FACTS = (
    "latency.cold",
    "latency.p50",
    "latency.p95",
    "latency.p99",
    "memory.loaded",
    "memory.peak",
    "model.size",
    "train.time",
    "train.best",
)
"""Measures with a dot in their names that every project has."""


def run(project: Path) -> tuple[dict[str, float], int]:
    """Run the project's stages; return the wall seconds of each, and the command's status."""
    command = [str(BIN / "trainerspec"), "run"]
    show(command)
    marks: list[tuple[str, float]] = []
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if found := re.match(r"\[\d+/\d+\] ([\w-]+):", line):
                marks.append((found[1], time.perf_counter()))
    marks.append(("", time.perf_counter()))
    return {name: after - at for (name, at), (_, after) in pairwise(marks)}, process.returncode


def results(project: Path) -> dict[str, Value]:
    """Choose what says how good, fast and large the model is from the project's results.

    That is every measure of the test split; intervals and baselines of what the objectives name; time, memory, size.
    """
    found: Mapping[str, Value] = json.loads((project / "metrics.json").read_text(encoding="utf-8"))
    objectives: list[Mapping[str, str]] = json.loads((project / "gate.json").read_text(encoding="utf-8"))["objectives"]
    trained: Mapping[str, Value] = json.loads((project / "build" / "training.json").read_text(encoding="utf-8"))
    named = {objective["metric"] for objective in objectives} | {"accuracy"}
    chosen = {key: value for key, value in found.items() if wanted(key, named) and not isinstance(value, str)}
    return chosen | {"verdict": found["verdict"], "weights.sha256": trained["weights.sha256"]}


def wanted(key: str, named: set[str]) -> bool:
    """Tell whether a measure is worth a line.

    >>> [key for key in ("ece", "accuracy.low", "f1.cat", "baseline.trivial.accuracy") if wanted(key, {"accuracy"})]
    ['ece', 'accuracy.low', 'baseline.trivial.accuracy']
    """
    bare = key.removesuffix(".low").removesuffix(".high")
    if key.startswith("baseline."):
        return key.split(".", 2)[2] in named
    return "." not in key or key in FACTS or bare in named


def main() -> None:
    """Make the data, draft, check, build and run; then copy the package and write the metrics.

    Metrics are written after a failed gate too. Raises SystemExit with the run's status when it fails.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=known())
    name = parser.parse_args().name
    folder = PLACE / name
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    project = drafted(name, folder)
    built = time.perf_counter() - started
    seconds, status = run(project)
    times = {f"seconds.{stage}": value for stage, value in {"build": built, **seconds}.items()}
    times["seconds.total"] = time.perf_counter() - started
    if (project / "metrics.json").is_file():
        of_run = {**results(project), **times, **used(), "disk": bytes_of(project), **decided(project)}
        write(METRICS / f"{name}.json", {**of_run, **packaged(project, folder / "package")})
    if status:
        raise SystemExit(status)


def used() -> dict[str, float]:
    """Return the processor seconds of all processes since the start, and the largest one's bytes of memory."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return {"processor.total": spent.ru_utime + spent.ru_stime, "memory.run": float(spent.ru_maxrss * unit)}


def bytes_of(folder: Path) -> float:
    """Return the bytes of a folder's files; those of a file with several names count once."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return float(sum({(one.st_dev, one.st_ino): one.st_size for one in found}.values()))


def decided(project: Path) -> dict[str, Value]:
    """Return every slot and every number among the facts of the project's lock; a list is written as JSON.

    They are what `trainerspec plan` estimates a run from: `decided.SLOT`, `facts.NAME`, `task` and `classes`.
    Raises SystemExit when the lock cannot be read.
    """
    lock = read_lock((project / "trainer.lock").read_bytes()).value
    if lock is None:
        raise SystemExit(f"{project / 'trainer.lock'} cannot be read")
    slots = {f"decided.{name}": plain(value) for name, value in lock.values.items() if value is not None}
    facts = {f"facts.{name}": plain(one.value) for name, one in lock.profile.facts.items() if numeric(one.value)}
    return {**slots, **facts, "task": lock.task, "classes": len(lock.labels)}


def numeric(value: Json) -> bool:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain(value: Json) -> Value:
    """Write a list or a mapping as JSON; what else a slot holds stays as it is."""
    return value if isinstance(value, str | int | float) else json.dumps(value)


def packaged(project: Path, target: Path) -> dict[str, float]:
    """Link the package's files to `target` and return its bytes; nothing when there is no package."""
    if not (project / "package").is_dir():
        return {}
    shutil.copytree(project / "package", target, copy_function=os.link)
    return {"package.size": float(sum(path.stat().st_size for path in target.rglob("*") if path.is_file()))}


if __name__ == "__main__":
    main()
