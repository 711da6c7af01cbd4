"""One trial: the project's own training with other settings, in a folder of its own; the test split is not read."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from trainerspec.backends.params import insert
from trainerspec.ir.json import Json
from trainerspec.language import yaml
from trainerspec.running.process_group import group
from trainerspec.running.repository import environment
from trainerspec.running.tuning.families import Family
from trainerspec.running.tuning.places import FOLDER

SCORE = re.compile(r"(\d+) of (?:at most )?\d+.*?: validation \S+ (-?[\d.]+(?:e-?\d+)?)")
"""How a training says its validation score: `epoch 3 of 9: validation macro_f1 0.91`."""
MARK = "@trial "
"""How pipeline/try_settings.py tells of processes."""
LAST = 2000
"""Characters of what a failed training said that are kept."""
Judge = Callable[[int, float], bool]


class Pruned(Exception):
    """The trial was ended early: others were better at the same step."""


class Broken(Exception):
    """The training failed; carries the end of what it said."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a trial."""

    score: float
    metric: str
    seconds: float


def settings(params: bytes, values: Mapping[str, Json]) -> bytes:
    """Return params.yaml with other values."""
    document = yaml.load(params)
    assert isinstance(document, Mapping)
    changed = json.loads(json.dumps(document))
    for path, value in values.items():
        insert(changed, path, value)
    return yaml.dump(changed)


class Trials:
    """Runs trials; a process for each way to build has the libraries loaded, and ends with this."""

    def __init__(self, project: Path, threads: int, folds: Mapping[str, Sequence[Path]]) -> None:
        self.project, self.threads, self.folds = project, threads, folds
        self.stack = ExitStack()
        self.workers: dict[Path, subprocess.Popen[str]] = {}

    def __enter__(self) -> "Trials":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def run(self, number: int, family: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        """Train with some values, and return the best validation score, or the mean over folds.

        `judge` takes a step (an epoch, or a fold) and its score, and tells whether to go on. Raises Pruned, and Broken
        when the training fails.
        """
        place = (self.project / FOLDER / f"trial-{number}").resolve()
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "params.yaml").write_bytes(settings(family.params, values))
        folds = self.folds.get(family.name, ())
        try:
            if not folds:
                return self.train(family, family.folder, place, judge)
            outcomes = list[Outcome]()
            for fold in folds:
                outcomes.append(self.train(family, fold, place, lambda step, score: True))
                mean = sum(one.score for one in outcomes) / len(outcomes)
                if not judge(len(outcomes), mean) and len(outcomes) < len(folds):
                    raise Pruned
            seconds = sum(one.seconds for one in outcomes)
            return Outcome(score=mean, metric=outcomes[0].metric, seconds=seconds)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def train(self, family: Family, rows: Path, place: Path, judge: Judge) -> Outcome:
        """Train once with the settings in `place`, on the rows of a folder."""
        worker = self.worker(family.folder)
        assert worker.stdin is not None
        assert worker.stdout is not None
        asked = {"folder": str(rows.resolve()), "params": str(place / "params.yaml"), "out": str(place)}
        with suppress(BrokenPipeError):  # one that is gone says nothing more, and that is told below
            worker.stdin.write(json.dumps(asked) + "\n")
            worker.stdin.flush()
        said, status, process, pruned = "", None, 0, False
        for line in iter(worker.stdout.readline, ""):
            if line.startswith(MARK):
                told = json.loads(line.removeprefix(MARK))
                process, status = told.get("pid", process), told.get("status")
                if status is not None:
                    break
                continue
            said = (said + line)[-LAST:]
            found = SCORE.search(line)
            if found and process and not pruned and not judge(int(found[1]), float(found[2])):
                pruned = True
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        if pruned:
            raise Pruned
        summary = place / "training.json"
        if status is None:
            del self.workers[family.folder]
        if status or not summary.is_file():
            raise Broken(said.strip() or f"it ended with status {status}")
        about = json.loads(summary.read_text(encoding="utf-8"))
        summary.unlink()
        return Outcome(score=float(about["train.best"]), metric=str(about["train.metric"]), seconds=about["train.time"])

    def worker(self, folder: Path) -> subprocess.Popen[str]:
        """Return the process that trains in a folder's code."""
        if folder not in self.workers:
            command = ["python", "-m", "pipeline.try_settings"]
            started = group(command, folder, environment(self.threads), asked=True)
            self.workers[folder] = self.stack.enter_context(started)
        return self.workers[folder]
