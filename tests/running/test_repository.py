"""Git and DVC are made where there are none, and mended after a kill."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trainerspec.running.repository import environment, prepare, repair

LOCK = """\
schema: '2.0'
stages:
  one:
    cmd: python one.py
    outs:
    - path: out.txt
      hash: md5
      md5: d41d8cd98f00b204e9800998ecf8427e
      size: 0
      nfiles: 1
"""


@pytest.fixture
def rwlock(tmp_path):
    (tmp_path / ".dvc" / "tmp").mkdir(parents=True)
    return tmp_path / ".dvc" / "tmp" / "rwlock"


def held_by(pid):
    return json.dumps({"/x/out.txt": {"write": {"pid": pid, "cmd": "repro"}, "read": []}})


def test_the_lock_of_a_dead_process_is_removed(tmp_path, rwlock):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    rwlock.write_text(held_by(dead.pid))
    assert list(repair(tmp_path, tmp_path)) == ["removed the lock of a run that was killed"]
    assert not rwlock.exists()


def test_a_number_that_belongs_to_something_else_now_holds_nothing(tmp_path, rwlock):
    rwlock.write_text(held_by(os.getpid()))
    assert list(repair(tmp_path, tmp_path))
    assert not rwlock.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": {"write": {"pid": 1'])
def test_a_broken_lock_is_removed(tmp_path, rwlock, content):
    rwlock.write_text(content)
    list(repair(tmp_path, tmp_path))
    assert not rwlock.exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_the_lock_of_a_dvc_that_lives_is_kept(tmp_path, rwlock):
    dvc = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", "dvc", "repro"])
    try:
        while not Path(f"/proc/{dvc.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        rwlock.write_text(held_by(dvc.pid))
        assert list(repair(tmp_path, tmp_path)) == []
        assert rwlock.exists()
    finally:
        dvc.kill()
        dvc.wait()


@pytest.mark.parametrize("length", [n for n in range(0, len(LOCK), 7) if not LOCK[:n].endswith("\n")])
def test_a_dvc_lock_written_by_half_is_removed(tmp_path, length):
    (tmp_path / "dvc.lock").write_text(LOCK[:length])
    assert list(repair(tmp_path, tmp_path))
    assert not (tmp_path / "dvc.lock").exists()


def test_a_whole_dvc_lock_is_kept(tmp_path):
    (tmp_path / "dvc.lock").write_text(LOCK)
    assert list(repair(tmp_path, tmp_path)) == []


def test_stages_find_our_python_and_a_fixed_number_of_threads():
    found = environment(3)
    assert found["PATH"].split(os.pathsep)[0] == os.path.dirname(sys.executable)
    assert found["OMP_NUM_THREADS"] == "3"
    assert found["DVC_NO_ANALYTICS"] == "1"


def git(folder, *words):
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_git_and_dvc_are_made_once(tmp_path):
    done = prepare(tmp_path, no_scm=False)
    assert len(done) == 2
    assert (tmp_path / ".git").is_dir()
    assert (tmp_path / ".dvc" / "config").is_file()
    assert prepare(tmp_path, no_scm=False) == ()


@pytest.mark.slow
def test_without_git(tmp_path):
    prepare(tmp_path, no_scm=True)
    assert not (tmp_path / ".git").exists()
    assert "no_scm" in (tmp_path / ".dvc" / "config").read_text()
    assert prepare(tmp_path, no_scm=True) == ()
    assert prepare(tmp_path, no_scm=False) == (), "a folder that was made without git stays so"


@pytest.mark.slow
def test_in_a_larger_git_repository_the_project_has_its_own_dvc(tmp_path):
    git(tmp_path, "init", "-q")
    folder = tmp_path / "specs" / "news"
    folder.mkdir(parents=True)
    prepare(folder, no_scm=False)
    assert not (folder / ".git").exists()
    assert (folder / ".dvc" / "config").is_file()


@pytest.mark.slow
def test_in_a_folder_that_git_ignores_the_project_has_its_own_git(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/build/\n")
    folder = tmp_path / "build" / "news"
    folder.mkdir(parents=True)
    prepare(folder, no_scm=False)
    assert (folder / ".git").is_dir()
    assert prepare(folder, no_scm=False) == ()


@pytest.mark.slow
@pytest.mark.parametrize("no_scm", [True, False])
def test_a_dvc_above_that_ignores_the_folder_is_not_in_charge(tmp_path, no_scm):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/build/\n")
    prepare(tmp_path, no_scm=False)
    folder = tmp_path / "build" / "news"
    folder.mkdir(parents=True)
    prepare(folder, no_scm=no_scm)
    assert (folder / ".dvc" / "config").is_file()
    assert (folder / ".git").is_dir() is not no_scm
    assert prepare(folder, no_scm=no_scm) == ()
    (folder / "dvc.yaml").write_text("stages: {one: {cmd: echo done > one, outs: [one]}}\n")
    done = subprocess.run([sys.executable, "-m", "dvc", "repro"], cwd=folder, env=environment(1), capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (folder / "one").is_file()
