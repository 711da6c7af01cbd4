"""A fork is as good as a new process: arguments, environment, folder, input, output, status, signals, and its end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import forks, needs

needs.packages("torch", "dvc")
MODULE = """
import os, sys, time
if sys.argv[1] == "wait":
    print(os.getpid(), flush=True)
    time.sleep(60)
elif sys.argv[1] == "raise":
    raise ValueError("what happened")
else:
    print(sys.argv[1:], os.getcwd(), os.environ["SAID"], sys.stdin.read(), __name__, "torch" in sys.modules, flush=True)
    sys.exit(int(sys.argv[2]) if sys.argv[2].isdigit() else sys.argv[2])
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "said.py").write_text(MODULE)
    return [str(forks.path() / "python"), "-m", "pipeline.said"]


def run(command: list[str], folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "SAID": "hello", **more}
    return subprocess.run(
        [*command, *words], cwd=folder, env=variables, input="typed", capture_output=True, text=True, timeout=100
    )


def test_it_is_told_what_a_process_is_told(command: list[str], tmp_path: Path) -> None:
    done = run(command, tmp_path, "a b", "3")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.split("'] ")[1] == f"{tmp_path} hello typed __main__ True\n"


def test_it_ends_as_a_process_ends(command: list[str], tmp_path: Path) -> None:
    assert run(command, tmp_path, "a", "why").stderr == "why\n"
    failed = run(command, tmp_path, "raise")
    assert failed.returncode == 1
    assert failed.stderr.endswith("ValueError: what happened\n")


def test_what_a_fork_cannot_be_is_a_new_process(command: list[str], tmp_path: Path) -> None:
    """Another PYTHONPATH: torch is not there before it is imported."""
    assert run(command, tmp_path, "a", "0", PYTHONPATH=str(tmp_path)).stdout.endswith("__main__ False\n")
    code = "import sys; print('torch' in sys.modules)"
    assert run([command[0]], tmp_path, "-c", code).stdout == "False\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_the_fork_too(command: list[str], tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*command, "wait"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        fork = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(20) != 0
    for _ in range(200):
        if not Path(f"/proc/{fork}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{fork}").exists()


def test_its_children_are_forks(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\nprint(subprocess.run([sys.executable, '-m', 'pipeline.one'], check=True).returncode)"
    )
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "two.py").write_text(code)
    (tmp_path / "pipeline" / "one.py").write_text("import sys\nprint('torch' in sys.modules, flush=True)")
    done = run([str(forks.path() / "python"), "-m", "pipeline.two"], tmp_path)
    assert done.stdout == "True\n0\n"
