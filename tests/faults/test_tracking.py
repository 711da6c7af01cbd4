"""Tracking never stops the pipeline, whatever is in mlflow.db or in a column's name; one run a training."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import needs

needs.packages("mlflow")
pytestmark = pytest.mark.usefixtures("pipeline")
NAMES = [
    "age (years)",
    "charge (EUR)",
    "50% off",
    "a/../b",
    ".",
    "..",
    "",
    "_x28_",
    "_x_",
    "low",
    "a_x5f_",
    'recall."not fraud"',
    "é",
]
PARAMS = {
    "name": "tiny", "version": "0.1.0", "task": "t", "labels": ["a"], "positive": "",
    "data": {"contract": {"hard": dict.fromkeys(NAMES, "integer")}}, "model": {"train": {"seed": 1}},
    "compute": {"threads": 1}, "serve": {},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without a server; MLflow leaves the address that it was given in the environment."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    yield
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def runs(folder: Path) -> list[tuple[str, int, int]]:
    """Return status, parameters and metrics of each run in mlflow.db."""
    with sqlite3.connect(folder / "mlflow.db") as opened:
        return opened.execute(
            "select status, (select count(*) from params p where p.run_uuid = r.run_uuid),"
            " (select count(*) from metrics m where m.run_uuid = r.run_uuid) from runs r"
        ).fetchall()


def test_names_are_valid_different_and_read_back() -> None:
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name
    from pipeline.reporting.tracked_names import LONGEST, epoch, grouped, read_back, tracked

    prefixes = st.sampled_from(["", "rmse.", "data.contract.hard.", "baseline.trivial.", "train.best."])

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(NAMES) | st.text(st.characters(), max_size=30), prefixes)
    def holds(name: str, prefix: str) -> None:
        written = tracked(prefix + name)
        for one in (written, grouped(prefix + name), epoch(prefix + name)):
            _validate_metric_name(one)
            _validate_param_name(one)
        assert read_back(written) == prefix + name or len(written) == LONGEST

    holds()
    long = {tracked(f"{'é' * 300}{number}") for number in range(50)}
    assert len(long) == 50
    assert max(map(len, long)) <= LONGEST


@pytest.mark.parametrize("there", ["nothing", "garbage", "empty", "half", "folder"])
def test_a_broken_store_is_moved_aside_and_told(
    there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import tracking, tracking_store

    database = tmp_path / "mlflow.db"
    if there == "garbage":
        database.write_bytes(b"no database" * 500)
    elif there == "empty":
        database.write_bytes(b"")
    elif there == "half":
        with sqlite3.connect(database) as opened:
            opened.execute("create table experiments (experiment_id integer primary key, name text)")
    elif there == "folder":
        database.mkdir()
    tracking.start(Params(PARAMS), "key-1")
    tracking.log(Params(PARAMS), "key-1", dict.fromkeys(NAMES, 1.0), 1)
    tracking.log(Params(PARAMS), "key-1", {"loss": 0.5}, 2)
    tracking.trained("key-1")
    said = capsys.readouterr().err
    assert tracking_store._troubles == 0, said
    assert runs(tmp_path) == [("FINISHED", len(NAMES) + 2, len(NAMES) + 1)]
    aside = sorted(path.name for path in tmp_path.glob("mlflow.db*"))
    if there == "nothing":
        assert (aside, said) == (["mlflow.db"], "")
    else:
        assert aside == ["mlflow.db", "mlflow.db-broken-1"]
        assert "it was moved to mlflow.db-broken-1, and a new one is made" in said


def test_a_server_that_is_down_costs_three_warnings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.base.params import Params
    from pipeline.reporting import tracking

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for step in range(6):
        tracking.log(Params(PARAMS), "key-1", {"loss": 0.5}, step)
    said = capsys.readouterr().err
    assert said.count("MLflow did not record this") == 3
    assert said.count("not used from here on") == 1


def test_a_training_that_fails_ends_its_run_and_the_next_has_its_own(assembled: Path, tmp_path: Path) -> None:
    """Each training is a process; they are forks of one that has imported MLflow."""
    (tmp_path / "params.json").write_text(json.dumps(PARAMS))
    script = (
        "import json, os, signal, sys\n"
        f"sys.path.insert(0, {str(assembled)!r})\n"
        "from pipeline.base.params import Params\n"
        "from pipeline.reporting import tracking\n"
        "settings = Params(json.load(open('params.json')))\n"
        "for how, key in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    if child := os.fork():\n"
        "        os.waitpid(child, 0)\n"
        "        continue\n"
        "    os.dup2(os.open(f'{how}-{key}.txt', os.O_CREAT | os.O_WRONLY), 2)\n"
        "    tracking.start(settings, key)\n"
        "    tracking.log(settings, key, {'loss': 1.0}, 1)\n"
        "    if how == 'kill': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    if how == 'fail': tracking.end_if_running(key); raise ValueError('no')\n"
        "    tracking.trained(key)\n"
        "    break\n"
    )
    words = ("kill", "one", "fail", "two", "well", "three", "kill", "four", "well", "four")
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    said = [(tmp_path / f"{how}-{key}.txt").read_text() for how, key in zip(words[::2], words[1::2], strict=True)]
    assert [one.splitlines()[-1:] for one in said] == [[], ["ValueError: no"], [], [], []], said
    assert [status for status, *_ in runs(tmp_path)] == ["FAILED", "FAILED", "FINISHED", "FINISHED"]


def test_a_run_names_the_commit_and_whether_its_sources_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.reporting.tracking import commit

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()

    monkeypatch.chdir(tmp_path)
    assert commit() == "", "not in git"
    (tmp_path / "params.yaml").write_text("a: 1\n")
    git("init", "--quiet")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "one")
    (tmp_path / "dvc.lock").write_text("stages: {}\n")
    assert commit() == git("rev-parse", "HEAD"), "what DVC records of the run is no change"
    (tmp_path / "params.yaml").write_text("a: 2\n")
    assert commit() == git("rev-parse", "HEAD") + "+"


def test_digests_tell_what_a_cache_changed(tmp_path: Path) -> None:
    from pipeline.base import digests
    from pipeline.base.failure import Failure

    place = tmp_path / "build" / "model"
    place.mkdir(parents=True)
    (place / "weights.safetensors").write_bytes(b"0" * 1000)
    (place / "tokenizer.json").write_text("{}")
    digests.verify(place, "train")
    digests.seal(place)
    digests.verify(place, "train")
    (place / "weights.safetensors").write_bytes(b"0" * 999 + b"1")
    with pytest.raises(Failure, match="has other bytes than train wrote") as caught:
        digests.verify(place, "train")
    assert (caught.value.code, caught.value.evidence) == ("TS837", {"file": "weights.safetensors"})
    (place / "weights.safetensors").write_bytes(b"0" * 1000)
    (place / "more.bin").write_bytes(b"")
    with pytest.raises(Failure, match="was not made by train"):
        digests.verify(place, "train")
    (place / "more.bin").unlink()
    (place / "tokenizer.json").unlink()
    with pytest.raises(Failure, match="is missing"):
        digests.verify(place, "train")
    (place / "digests.json").write_bytes(b"{")
    with pytest.raises(Failure, match="is not what train wrote"):
        digests.verify(place, "train")


def test_other_settings_than_the_trainings_own_are_told(tmp_path: Path) -> None:
    from pipeline.base import digests
    from pipeline.base.failure import Failure
    from pipeline.base.params import Params

    def settings_of(epochs: int, rate: object) -> Params:
        train = {"epochs": epochs, "learning_rate": rate}
        return Params({"labels": ["a"], "monitor": {"metric": "f1"}, "model": {"train": train}, "compute": {}})  # type: ignore[dict-item]

    (tmp_path / "build").mkdir()
    record = {"asked": digests.asked(settings_of(6, 1e-05))}
    (tmp_path / "build" / "training.json").write_text(json.dumps(record))
    digests.check_asked(settings_of(6, "1e-05"))
    with pytest.raises(Failure, match=r"`model.train.epochs` was 6, params.yaml says 1") as caught:
        digests.check_asked(settings_of(1, 1e-05))
    assert caught.value.code == "TS838"
