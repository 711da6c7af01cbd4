"""Small real projects: synthetic texts, the from-scratch model, the real command line and DVC."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import forks

BIN = Path(sys.executable).parent
WORDS = {
    "fruit": ["apple", "pear", "plum", "cherry", "orchard", "juice", "ripe", "peel", "harvest", "sweet"],
    "metal": ["iron", "copper", "forge", "smelt", "alloy", "steel", "anvil", "rust", "weld", "furnace"],
    "water": ["river", "lake", "tide", "wave", "rain", "stream", "flood", "harbour", "anchor", "swim"],
}
SPEC = """\
trainerspec: 1
name: tiny
version: 0.1.0
request: Sort short notes into three classes
task:
  type: text-classification
  inputs: {text: text}
  outputs: {label: label}
data:
  source: {path: notes}
model:
  base: scratch-cnn
  train: {epochs: 3, batch_size: 16, learning_rate: 0.01}
objectives:
  - maximize macro_f1
  - accuracy >= 60%
compute: {train: cpu}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


def write_notes(folder: Path, each: int = 40) -> None:
    """Write `each` notes for every class as class folders of .txt files, the same ones every time."""
    draw = random.Random(0)
    for label, words in WORDS.items():
        (folder / label).mkdir(parents=True)
        for number in range(each):
            text = " ".join(draw.choices(words, k=8) + draw.choices(["the", "a", "of", "and", str(number)], k=4))
            (folder / label / f"{number:03}.txt").write_text(text)


def environment(**extra: str) -> dict[str, str]:
    """Return the process environment that a user of the virtual environment has."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **extra,
    }


def forking(**extra: str) -> dict[str, str]:
    """Return the same environment, in which Python is a fork where it may be one."""
    variables = environment(**extra)
    return variables | {"PATH": f"{forks.path()}{os.pathsep}{variables['PATH']}"}


def call(*words: str, cwd: Path, timeout: float = 400, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the virtual environment and return what it printed; Python is a fork where it may be one."""
    folder = forks.path() if words[0] in forks.NAMES else BIN
    return subprocess.run(
        [str(folder / words[0]) if (folder / words[0]).exists() else words[0], *words[1:]],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, env=forking(**extra),
    )  # fmt: skip


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return a folder with a spec and its data, not yet built."""
    write_notes(tmp_path / "tiny" / "notes")
    (tmp_path / "tiny" / "trainer.yaml").write_text(SPEC)
    return tmp_path / "tiny"
