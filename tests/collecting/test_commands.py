"""collect, plan, build, run --refresh and the stage `collect`: the snapshot is pinned, and nothing asks on its own."""

import io
import shutil
import socket
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import change
from tests.collecting.http import Files
from trainerspec.cli.auto import drafted
from trainerspec.language.yaml import load
from trainerspec.running import run as stages

SPEC = """\
trainerspec: 1
name: churn
version: 0.1.0
request: Predict which customers churn
task:
  type: tabular-classification
  outputs: {label: churn}
data:
  source: {sql: "select age, plan, churn from customers", connection: CRM_URL}
objectives: [maximize macro_f1]
"""
SAFE = (("check",), ("plan",), ("build",), ("build", "--check"), ("diff", "HEAD"))


def fill(place: Path, count: int) -> None:
    with sqlite3.connect(place) as database:
        database.execute("create table if not exists customers(age int, plan text, churn text)")
        rows = [(20 + at % 50, "pro" if at % 3 else "basic", "yes" if at % 50 < 25 else "no") for at in range(count)]
        database.executemany("insert into customers values (?, ?, ?)", rows)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project on a SQLite file, not collected; it is the working directory."""
    folder = tmp_path / "churn"
    folder.mkdir()
    (folder / "trainer.yaml").write_text(SPEC)
    fill(tmp_path / "crm.db", 200)
    monkeypatch.setenv("CRM_URL", "sqlite:///../crm.db")
    monkeypatch.chdir(folder)
    return folder


def staged(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.collect"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_only_collect_asks_the_source(project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(sqlite3, "connect", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    before = sorted(project.iterdir())
    assert trainerspec("check")[0] == 0
    for words in (("plan",), ("build", "--check"), ("build",)):
        status, _, errors = trainerspec(*words)
        assert (status, "TS430" in errors, "run `trainerspec collect`" in errors) == (1, True, True), words
    assert [one for one in sorted(project.iterdir()) if one.name != ".trainerspec"] == before


def test_from_collect_to_the_stage(project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = trainerspec("collect")
    assert (status, "200 rows" in out, "next: trainerspec build" in out) == (0, True, True)
    assert "--refresh asks the source again" in trainerspec("collect")[1]
    assert trainerspec("build")[0] == 0
    lock, written = load((project / "trainer.lock").read_bytes()), load((project / "params.yaml").read_bytes())
    pinned = lock["data"]["collected"]
    assert pinned == written["data"]["source"]["collected"]
    assert (pinned["way"], pinned["pinned"]) == ("sql", {"driver": "sqlite"})
    stage = load((project / "dvc.yaml").read_bytes())["stages"]
    assert stage["collect"]["outs"] == [{"collected": {"persist": True}}]
    assert "collected/data" in stage["prepare"]["deps"]
    assert not (project / "pipeline" / "collecting" / "databases" / "postgres.py").exists()
    monkeypatch.delenv("CRM_URL")
    assert trainerspec("build", "--check")[0] == 0
    assert trainerspec("build", "--frozen", "--check")[0] == 0

    done = staged(project)
    assert (done.returncode, "lie in collected as they were collected" in done.stdout) == (0, True), done.stderr
    shutil.rmtree(project / "collected")
    done = staged(project)
    assert (done.returncode, "TS432" in done.stderr) == (1, True), done.stderr
    monkeypatch.setenv("CRM_URL", "sqlite:///../crm.db")
    done = staged(project)
    assert (done.returncode, "200 rows, 1 file" in done.stdout) == (0, True), done.stderr
    shutil.rmtree(project / "collected")
    fill(project.parent / "crm.db", 7)
    done = staged(project)
    assert (done.returncode, "TS435" in done.stderr, "run --refresh" in done.stderr) == (1, True, True)


def test_what_was_edited_is_told(project: Path, trainerspec) -> None:
    trainerspec("collect")
    (project / "collected" / "data" / "more.csv").write_text("a,b\n")
    assert "TS435" in trainerspec("plan")[2]
    assert trainerspec("collect")[0] == 0
    assert trainerspec("plan")[0] == 0


def test_another_source_is_not_taken_for_this_one(project: Path, trainerspec) -> None:
    trainerspec("collect")
    change(project, "select age, plan, churn", "select age, churn")
    status, _, errors = trainerspec("plan")
    assert (status, "of another source" in errors) == (1, True)


def test_refresh_tells_what_changed_and_builds(project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "run", lambda *args, **options: None)
    trainerspec("collect")
    trainerspec("build")
    status, out, _ = trainerspec("run", "--refresh")
    assert (status, "nothing changed at the source" in out) == (0, True)
    before = (project / "trainer.lock").read_bytes()
    fill(project.parent / "crm.db", 40)
    status, out, errors = trainerspec("run", "--refresh")
    assert (status, "200 rows before, 240 now: 40 new or changed, 0 gone or changed" in out) == (0, True), errors
    assert (project / "trainer.lock").read_bytes() != before
    assert not (project / "work" / "collecting").exists()


def test_a_refresh_that_cannot_be_built_leaves_all_as_it_was(
    project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "run", lambda *args, **options: None)
    trainerspec("collect")
    trainerspec("build")
    before = {
        path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".trainerspec" not in path.parts
    }
    with sqlite3.connect(project.parent / "crm.db") as database:
        database.execute("update customers set churn = 'yes'")
    status, out, errors = trainerspec("run", "--refresh")
    assert (status, "TS406" in errors, "is back in its place" in out) == (1, True, True), errors
    after = {
        path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".trainerspec" not in path.parts
    }
    assert after == before


def test_a_link_in_the_place_of_the_snapshot_is_not_followed(project: Path, tmp_path: Path, trainerspec) -> None:
    trainerspec("collect")
    shutil.move(project / "collected", tmp_path / "away")
    (project / "collected").symlink_to(tmp_path / "away")
    for words in (("plan",), ("build",), ("collect",), ("collect", "--refresh")):
        status, _, errors = trainerspec(*words)
        assert (status, "TS709" in errors) == (1, True), (words, errors)
    assert (tmp_path / "away" / "source.json").exists()


def test_a_file_at_an_address(tmp_path: Path, files: Files, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"the {'good' if at % 2 else 'bad'} text {at},{'pos' if at % 2 else 'neg'}\n" for at in range(40))
    files.content["a.csv"] = f"text,label\n{rows}".encode()
    text = SPEC.replace("tabular", "text").replace("outputs: {label: churn}", "outputs: {label: label}")
    source = text[text.index("{sql") : text.index("\nobjectives")]
    (tmp_path / "trainer.yaml").write_text(text.replace(source, f"{{uri: '{files.url('a.csv')}'}}"))
    monkeypatch.chdir(tmp_path)
    assert trainerspec("collect")[0] == 0
    status, out, errors = trainerspec("plan")
    assert status == 0, errors
    assert "collect" in out
    files.content["a.csv"] += b"one more good text,pos\n"
    assert "1 file changed: `a.csv`" in trainerspec("collect", "--refresh")[1]


def test_a_sentence_and_a_query(tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "crm.db", 200)
    monkeypatch.setenv("CRM_URL", "sqlite:///../crm.db")
    monkeypatch.chdir(tmp_path)
    sentence = "Predict which customers churn, accuracy at least 60%"
    query = "select age, plan, churn from customers"
    status, out, errors = trainerspec("draft", sentence, "--data", query, "--connection", "CRM_URL", "--collect")
    assert status == 0, errors
    spec = load((tmp_path / "customers-churn" / "trainer.yaml").read_bytes())
    assert spec["data"]["source"] == {"sql": query, "connection": "CRM_URL"}
    assert spec["task"]["outputs"] == {"label": "churn"}
    assert "questions" not in spec
    assert "2 values of `churn` in the query" in out
    assert trainerspec("build", "customers-churn")[0] == 0


def test_a_sentence_names_table_and_variable(tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, told, _ = trainerspec("draft", "Predict churn from the table crm.customers in our postgres database, CRM_URL")
    assert "is fetched by `trainerspec collect churn-postgres`" in told
    trainerspec("draft", "Sort the photos in gcs://bucket/pets into cats and dogs")
    trainerspec("draft", "Classify tickets from postgresql://db.example.com/helpdesk as bug or question")
    made = [load(path.read_bytes()) for path in sorted(tmp_path.glob("*/trainer.yaml"))]
    sources = [one["data"].get("source") for one in made]
    assert {"sql": "select * from crm.customers", "connection": "CRM_URL"} in sources
    assert {"uri": "gs://bucket/pets"} in sources
    asked = next(one for one in made if "source" not in one["data"])
    assert "`postgresql://db.example.com/helpdesk` is not read" in " ".join(asked["questions"])


def test_a_sentence_and_an_archive(tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("pets.zip", "w") as archive:
        for at in range(24):
            content = io.BytesIO()
            colour = (200 - at, 30, 30) if at % 2 else (30, 30, 200 - at)
            Image.new("RGB", (32, 32), colour).save(content, "PNG")
            archive.writestr(f"pets/{'red' if at % 2 else 'blue'}/{at}.png", content.getvalue())
    status, _, errors = trainerspec("draft", "Sort our pictures of pets into red and blue", "--data", "pets.zip")
    assert status == 0, errors
    folder = next(path.parent for path in tmp_path.glob("*/trainer.yaml"))
    spec = load((folder / "trainer.yaml").read_bytes())
    assert spec["data"]["source"] == {"path": "../pets.zip"}
    assert sorted(spec["task"]["labels"]) == ["blue", "red"]
    assert "TS430" in trainerspec("plan", folder.name)[2]
    assert trainerspec("collect", folder.name)[0] == 0
    status, _, errors = trainerspec("build", folder.name)
    assert status == 0, errors
    done = staged(folder)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "collected")
    assert staged(folder).returncode == 0
    with zipfile.ZipFile("pets.zip", "a") as archive:
        archive.writestr("pets/blue/more.png", content.getvalue())
    assert "changed after it was unpacked" in trainerspec("plan", folder.name)[2]
    assert "1 file new: `blue/more.png`" in trainerspec("collect", folder.name)[1]
    assert trainerspec("plan", folder.name)[0] == 0


def test_auto_drafts_with_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "crm.db", 200)
    monkeypatch.setenv("CRM_URL", "sqlite:///../crm.db")
    monkeypatch.chdir(tmp_path)
    query = "select age, plan, churn from customers"
    folder = drafted("Predict which customers churn, accuracy at least 60%", query, "CRM_URL", collect=True)
    assert load((folder / "trainer.yaml").read_bytes())["task"]["outputs"] == {"label": "churn"}
    assert (folder / "collected" / "source.json").exists()


def test_a_draft_whose_data_cannot_be_fetched_leaves_nothing(
    tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_URL", raising=False)
    sentence = "Predict which customers churn, accuracy at least 60%"
    status, _, errors = trainerspec(
        "draft", sentence, "--data", "select * from a", "--connection", "CRM_URL", "--collect"
    )
    assert (status, "TS432" in errors) == (1, True)
    assert not list(tmp_path.iterdir())


def test_check_warns_of_a_package_that_is_missing(project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", "postgresql://db.example.com/crm")
    monkeypatch.setattr("trainerspec.collecting.needs.find_spec", lambda name: None)
    status, out, _ = trainerspec("check")
    assert (status, "TS431 warning" in out, "trainerspec[sql]" in out) == (0, True, True)
    status, _, errors = trainerspec("collect")
    assert (status, "TS431" in errors) == (1, True)
