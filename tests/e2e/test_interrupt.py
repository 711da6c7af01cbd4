"""Killing `trainerspec run` in any stage loses nothing: the next run finishes, half-written files are not trusted."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import forks
from tests.e2e.conftest import BIN, call, environment, forking

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
STAGES = ["prepare", "checks", "describe", "train", "export", "optimize"]
STAGES += ["evaluate", "test", "machine", "benchmark", "gate", "package"]


def children_of(stage: str) -> list[int]:
    """Return the processes whose command line runs the module of a stage."""
    word = "pipeline.evaluate" if stage in {"evaluate", "test"} else f"pipeline.{stage}"
    split = {"evaluate": "validation", "test": "test"}.get(stage, "")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().decode().split("\0")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if word in line and (not split or split in line):
                found.append(int(entry.name))
    return found


def below(folder: Path, pid: int) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder
    except OSError:
        return False


def interrupt(folder: Path, stage: str, number: signal.Signals) -> int:
    """Start `run`, wait until the stage's process is there, and send the signal to `trainerspec`.

    Return the exit status.
    """
    log = folder.parent / f"{stage}.log"
    forked = number is signal.SIGINT  # which forks pass on; what is killed is a process of its own, as are its stages
    with log.open("w") as out:
        process = subprocess.Popen(
            [str((forks.path() if forked else BIN) / "trainerspec"), "run"],
            cwd=folder,
            stdout=out,
            stderr=out,
            env=forking() if forked else environment(),
            start_new_session=True,
        )
        deadline = time.monotonic() + 200
        while not any(below(folder, pid) for pid in children_of(stage)):
            assert process.poll() is None, f"ended before {stage}: {log.read_text()}"
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.03)  # to look costs processor time, which the stage needs
        time.sleep(0.03 if forked else 0.15)  # a fork has nothing to import
        process.send_signal(number)
        return process.wait(timeout=60)


def left(folder: Path) -> list[str]:
    """Return the command lines of the processes that still work in a folder after two seconds."""
    found: list[int] = []
    for _ in range(40):
        found = [
            int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and below(folder, int(one.name))
        ]
        if not found:
            break
        time.sleep(0.05)
    return [(Path("/proc") / str(pid) / "cmdline").read_text().replace("\0", " ") for pid in found]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_in_every_stage_the_next_run_finishes(
    packaged: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """One project is interrupted in each stage in turn: every next run starts from what the last one left."""
    reference = json.loads((packaged / "metrics.json").read_text())
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name in ("trainer.yaml", "notes"):
        source = packaged / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    assert call("trainerspec", "build", cwd=folder).returncode == 0
    for stage in STAGES:
        status = interrupt(folder, stage, number)
        assert status != 0, stage
        if number is signal.SIGINT:
            assert left(folder) == [], f"{stage} lives on"
            log = (tmp_path / f"{stage}.log").read_text()
            assert "Traceback" not in log, log
    done = call("trainerspec", "run", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["accuracy"] == reference["accuracy"]
    assert metrics["model.size"] == reference["model.size"]
    assert (folder / "package" / "package.json").is_file()
    assert not (folder / "failure.json").exists()
