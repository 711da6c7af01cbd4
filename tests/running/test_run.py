"""run: real DVC over stages of a few lines."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.writers import another_writer
from trainerspec.diagnostics.model import Stopped
from trainerspec.running import run as module
from trainerspec.running.events import Began, Skipped
from trainerspec.running.process_group import group
from trainerspec.running.run import failure, run, stages
from trainerspec.workspace import writer

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = """\
stages:
  one:
    desc: Make a
    cmd: python one.py
    deps: [one.py]
    outs: [a.txt]
  two:
    desc: Make b
    cmd: python two.py
    deps: [two.py, a.txt]
    outs: [b.txt]
"""
FAILS = """\
import json, sys
json.dump({"stage": "two", "code": "TS821", "message": "no rows", "hint": "add some"}, open("failure.json", "w"))
sys.exit(1)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "params.yaml").write_text("compute: {threads: 1}\n")
    (tmp_path / ".gitignore").write_text("/a.txt\n/b.txt\n/work\n")
    (tmp_path / "one.py").write_text("import os; open('a.txt', 'w').write(os.environ['OMP_NUM_THREADS'])")
    (tmp_path / "two.py").write_text("print('two: hello'); open('b.txt', 'w').write('b')")
    return tmp_path


def go(folder, **options):
    events, said = [], []
    run(folder, events.append, said.append, **options)
    return events, said


def stopped(call, *args, **kwargs):
    with pytest.raises(Stopped) as caught:
        call(*args, **kwargs)
    return [one.code for one in caught.value.diagnostics]


def test_a_folder_that_is_not_built_is_told(tmp_path):
    assert stopped(stages, tmp_path) == ["TS803"]
    (tmp_path / "dvc.yaml").write_text("stages: [")
    assert stopped(stages, tmp_path) == ["TS803"]


def test_an_unknown_stage_is_told(folder):
    assert stopped(go, folder, until="three") == ["TS804"]


def test_two_runs_at_once_are_told(folder, monkeypatch):
    monkeypatch.setattr(writer, "GRACE", 0.2)
    with another_writer(folder):
        assert stopped(go, folder) == ["TS805"]


def test_a_failure_without_words_points_to_the_log(folder):
    found = failure(folder, module.Log(status=255, stage="two", tail=("Traceback", "ValueError: no")))
    assert found.code == "TS806"
    assert found.message == "stage `two` failed: ValueError: no"


@pytest.mark.slow
def test_stages_run_once_and_what_failed_is_told(folder):
    events, said = go(folder, no_scm=True)
    assert [one.stage for one in events if isinstance(one, Began)] == ["one", "two"]
    assert any("DVC" in line for line in said)
    assert (folder / "a.txt").read_text() == "1"
    events, said = go(folder, no_scm=True)
    assert [one.stage for one in events if isinstance(one, Skipped)] == ["one", "two"]
    assert said == []
    (folder / "two.py").write_text(FAILS)
    assert stopped(go, folder, no_scm=True) == ["TS821"]
    (folder / "two.py").write_text("raise ValueError('no')")
    (folder / "failure.json").write_text("{}")
    assert stopped(go, folder, no_scm=True) == ["TS806"]


def alive(word):
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:
            continue
    return any(word.encode() in line for line in lines)


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


RUNNER = """
import sys
from pathlib import Path
from trainerspec.running.process_group import Interrupted, stoppable
from trainerspec.running.run import run
try:
    with stoppable():
        run(Path(sys.argv[1]), print, print, no_scm=True)
except Interrupted as interrupted:
    sys.exit(128 + interrupted.signal)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_lives_on_after_a_signal_and_the_next_run_finishes(folder, number):
    word = f"sleeper-{number}-{os.getpid()}"
    (folder / "two.py").write_text(
        "import subprocess, sys\nsubprocess.run([sys.executable, 'sleep.py', 'WORD'])\n".replace("WORD", word)
    )
    (folder / "sleep.py").write_text("import time; open('b.txt', 'w').write('half'); time.sleep(60)")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", RUNNER, str(folder)], env=environment, stdout=subprocess.DEVNULL)
    wait_until(lambda: (folder / "b.txt").exists())
    process.send_signal(number)
    assert process.wait(timeout=20) == (128 + number if number != signal.SIGKILL else -number)
    wait_until(lambda: not alive(word))
    (folder / "two.py").write_text("open('b.txt', 'w').write('whole')")
    go(folder, no_scm=True)
    assert (folder / "b.txt").read_text() == "whole"


def test_a_group_dies_with_its_leader(tmp_path):
    word = f"child-{os.getpid()}"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{word}'])"
    with group([sys.executable, "-c", code], tmp_path, os.environ) as process:
        process.wait()
    wait_until(lambda: not alive(word))


def test_a_stage_runs_again_though_nothing_changed(folder):
    """It measures the machine: DVC sees no change, and its cache of runs has an answer."""
    counts = "import pathlib; p = pathlib.Path('work/n'); n = int(p.read_text()) + 1 if p.exists() else 1; "
    (folder / "two.py").write_text(counts + "p.write_text(str(n)); open('b.txt', 'w').write(str(n))")
    go(folder)
    events, _ = go(folder, again="two")
    assert (folder / "b.txt").read_text() == "2"
    assert "one" in [event.stage for event in events if isinstance(event, Skipped)]
    go(folder)
    assert (folder / "b.txt").read_text() == "2", "what was measured last stays"
    assert stopped(go, folder, again="three") == ["TS804"]
