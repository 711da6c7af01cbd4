"""One trial: the project's own training with other settings, in a folder of its own; the test split is not read."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trainerspec.backends.params import insert
from trainerspec.ir.json import Json
from trainerspec.language import yaml
from trainerspec.running.process_group import group
from trainerspec.running.repository import environment

FOLDER = Path("work") / "tune"
"""Git-ignored, and no output of any stage."""
SCORE = re.compile(r"(\d+) of (?:at most )?\d+.*?: validation \S+ (-?[\d.]+(?:e-?\d+)?)")
"""How a training says its validation score: `epoch 3 of 9: validation macro_f1 0.91`."""
LAST = 2000
"""Characters of what a failed training said that are kept."""


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


def settings(folder: Path, values: Mapping[str, Json]) -> bytes:
    """Return params.yaml with other values."""
    document = yaml.load((folder / "params.yaml").read_bytes())
    assert isinstance(document, Mapping)
    changed = json.loads(json.dumps(document))
    for path, value in values.items():
        insert(changed, path, value)
    return yaml.dump(changed)


def run(
    folder: Path, number: int, values: Mapping[str, Json], threads: int, judge: Callable[[int, float], bool]
) -> Outcome:
    """Train with some values, and return the best validation score.

    `judge` takes a step and its score, and tells whether to go on. Raises Pruned, and Broken when the training fails.
    """
    place = FOLDER / f"trial-{number}"
    shutil.rmtree(folder / place, ignore_errors=True)
    (folder / place).mkdir(parents=True)
    (folder / place / "params.yaml").write_bytes(settings(folder, values))
    variables = environment(threads) | {"PIPELINE_PARAMS": str(place / "params.yaml")}
    said = ""
    try:
        with group(["python", "-m", "pipeline.train", "--out", str(place)], folder, variables) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said = (said + line)[-LAST:]
                found = SCORE.search(line)
                if found and not judge(int(found[1]), float(found[2])):
                    raise Pruned
            status = process.wait()
        summary = folder / place / "training.json"
        if status or not summary.is_file():
            raise Broken(said.strip() or f"it ended with status {status}")
        told = json.loads(summary.read_text(encoding="utf-8"))
        return Outcome(score=float(told["train.best"]), metric=str(told["train.metric"]), seconds=told["train.time"])
    finally:
        shutil.rmtree(folder / place, ignore_errors=True)
