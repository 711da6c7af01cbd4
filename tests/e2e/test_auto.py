"""auto: a spec that misses its objective is mended within three rounds; a kill loses nothing; failure is honest."""

import json
import os
import runpy
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from tests import forks
from tests.e2e.conftest import SPEC, call, forking, write_notes

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SPLIT = "  split: {train: 60%, validation: 20%, test: 20%}\n"
SLOW = f"""\
trainerspec: 1
name: slow
task: {{type: image-classification, inputs: {{image: image}}, outputs: {{label: label}}}}
data:
  source: {{path: shapes}}
  image_size: 48  # five times as large as the pictures
{SPLIT}model:
  base: scratch-resnet
  train: {{epochs: 1}}
objectives:
  - maximize macro_f1
  - latency.p50 <= 2.5 ms on cpu
compute: {{train: cpu}}
"""


def state(folder: Path) -> dict:
    """Read how far `auto` is; nothing before it began."""
    path = folder / ".trainerspec" / "auto.json"
    return json.loads(path.read_text()) if path.is_file() else {"turns": []}


def runs(folder: Path) -> list[str]:
    return [turn["run"] for turn in state(folder)["turns"]]


def subjects(folder: Path) -> list[str]:
    done = subprocess.run(["git", "log", "--format=%s"], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[::-1]


@pytest.fixture
def inaccurate(tmp_path: Path) -> Path:
    """Return a project that learns nothing: one epoch of tiny steps."""
    folder = tmp_path / "tiny"
    write_notes(folder / "notes", each=50)
    good = "train: {epochs: 3, batch_size: 16, learning_rate: 0.01}"
    bad = "train: {epochs: 1, batch_size: 64, learning_rate: 0.00001}"
    assert good in SPEC
    text = (
        SPEC.replace(good, bad)
        .replace("60%", "80%")
        .replace("source: {path: notes}\n", "source: {path: notes}\n" + SPLIT)
    )
    (folder / "trainer.yaml").write_text(text)
    return folder


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Return a project that enlarges small pictures until it is too slow."""
    folder = tmp_path / "slow"
    folder.mkdir()
    templates = Path(__file__).resolve().parents[2] / "templates"
    runpy.run_path(str(templates / "image-classification" / "sample.py"))["write"](folder, rows=90)
    for path in (folder / "shapes").rglob("*.png"):
        with Image.open(path) as picture:
            picture.resize((10, 10)).save(path)
    (folder / "trainer.yaml").write_text(SLOW)
    return folder


def test_a_model_that_is_too_inaccurate_is_mended(inaccurate: Path) -> None:
    once = call("trainerspec", "auto", "--rounds", "1", cwd=inaccurate, timeout=900)
    said = once.stdout + once.stderr
    assert once.returncode == 1, said
    assert "TS846" in said
    assert "accuracy >= 80% (measured" in said
    assert "next would be" in said
    assert "Traceback" not in said
    assert not (inaccurate / "build" / "evaluation" / "test.json").exists()

    done = call("trainerspec", "auto", cwd=inaccurate, timeout=900)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    turns = state(inaccurate)["turns"]
    assert 2 <= len(turns) <= 3
    outcomes = [turn["outcome"] for turn in turns]
    assert outcomes[0] == "missed"
    assert {"met", "narrow"} & set(outcomes), "narrowly met, a further round may aim higher"
    assert said.count("Score the test split, once") == 1
    assert json.loads((inaccurate / "gate.json").read_text())["verdict"] == "pass"
    assert (inaccurate / "package" / "package.json").is_file()
    assert "accuracy >= 80%" in (inaccurate / "trainer.yaml").read_text()
    assert len(set(runs(inaccurate))) == len(turns)
    assert all(runs(inaccurate))
    assert subjects(inaccurate)[-1] == f"auto: results of round {len(turns)}"
    assert len({turn["commit"] for turn in turns}) == len(turns)
    tracked = subprocess.run(["git", "ls-files"], cwd=inaccurate, capture_output=True, text=True, check=True).stdout
    assert not any(path.startswith(("notes/", "build/", ".trainerspec/a")) for path in tracked.split())


def test_a_model_that_is_too_slow_is_mended_and_a_kill_loses_no_round(slow: Path) -> None:
    with (slow / "first.log").open("w") as log:
        first = subprocess.Popen(
            [str(forks.path() / "trainerspec"), "auto"],
            cwd=slow,
            env=forking(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + 900
        while len(state(slow)["turns"]) < 2 and time.monotonic() < deadline:
            assert first.poll() is None, (slow / "first.log").read_text()
            time.sleep(0.2)
        time.sleep(3)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert state(slow)["turns"][0]["outcome"] == "missed"
    assert not state(slow)["finished"]

    done = call("trainerspec", "auto", cwd=slow, timeout=900)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "going on with round 2" in said
    assert "round 1 of 3" not in said
    assert {"met", "narrow"} & {turn["outcome"] for turn in state(slow)["turns"]}
    assert len(state(slow)["turns"]) <= 3
    assert "image_size: auto  # five times as large as the pictures" in (slow / "trainer.yaml").read_text()
    assert (slow / "package" / "package.json").is_file()
    assert subjects(slow).count("auto: round 1") == 1


def test_time_that_is_spent_ends_it(inaccurate: Path) -> None:
    done = call("trainerspec", "auto", "--budget", "3 s", cwd=inaccurate)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "the time was spent" in said
    assert "Traceback" not in said


def test_a_request_without_data_asks(tmp_path: Path) -> None:
    done = call("trainerspec", "auto", "Sort short notes into fruit, metal and water", cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "TS845" in said
    assert "Traceback" not in said
