"""A held spec on the command line: nothing is built before a person answers, and the answer is kept."""

import subprocess

import pytest

from tests.cli.conftest import change, tree

QUESTION = "May this be built?"
HELD = f"held:\n  - about: /policy\n    question: {QUESTION}\n"
ANSWER = "    by: Ada Lovelace\n    because: the notes | are our own\n"
REQUEST = "A regression on the voice stress of captives to tune how hard we press them, stress.csv, column broke"


@pytest.fixture
def held(project):
    change(project, "trainerspec: 1\n", f"trainerspec: 1\n{HELD}")
    return project


@pytest.mark.parametrize("command", ["check", "plan", "build", "auto", "run"])
def test_every_command_that_builds_stops_and_writes_nothing(command, held, trainerspec):
    before = tree(held)
    status, out, errors = trainerspec(command)
    assert status == 1
    assert "held at `/policy`" in out + errors or command == "run"
    state = ".trainerspec/auto.json"  # what `auto` keeps of its rounds
    assert {path: content for path, content in tree(held).items() if path != state} == before


def test_name_and_reason_let_it_go_on_and_are_kept(held, trainerspec):
    change(held, QUESTION + "\n", f"{QUESTION}\n{ANSWER}")
    assert trainerspec("check")[0] == 0
    assert trainerspec("build")[0] == 0
    lock = (held / "trainer.lock").read_text()
    assert "by: Ada Lovelace" in lock
    assert "the notes | are our own" in lock
    row = f"| /policy | {QUESTION} | Ada Lovelace | the notes \\| are our own |"
    assert row in (held / "docs" / "MODEL_CARD.md").read_text()
    assert "Ada Lovelace: the notes" in (held / "README.md").read_text()
    assert trainerspec("build", "--frozen", "--check")[0] == 0


def test_a_pull_request_shows_question_answer_and_removal(held, trainerspec):
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "trainer.yaml"], check=True)
    subprocess.run([*git, "commit", "-qm", "held"], check=True)
    change(held, QUESTION + "\n", f"{QUESTION}\n{ANSWER}")
    status, out, _ = trainerspec("diff", "HEAD")
    assert status == 0
    assert "/held/0/by       (none) -> Ada Lovelace" in out
    assert "/held/0/because  (none) -> the notes | are our own" in out
    change(held, HELD + ANSWER, "")
    assert f"/held/0/question  {QUESTION} -> (none)" in trainerspec("diff", "HEAD")[1]


def test_a_draft_is_held_and_checked_so(tmp_path, monkeypatch, trainerspec):
    monkeypatch.chdir(tmp_path)
    status, out, _ = trainerspec("draft", REQUEST)
    assert status == 4
    (folder,) = (one for one in tmp_path.iterdir() if one.is_dir())
    assert "held:\n  - about: /policy\n" in (folder / "trainer.yaml").read_text()
    assert "adds `by` and `because` (name and reason) under `held`" in out
    assert trainerspec("check", folder.name)[0] == 1


def test_auto_stops_at_a_held_draft(tmp_path, monkeypatch, trainerspec):
    monkeypatch.chdir(tmp_path)
    status, _, errors = trainerspec("auto", REQUEST)
    assert status == 1
    assert "TS225 held at `/policy`" in errors
    assert not list(tmp_path.rglob("trainer.lock"))


def test_a_person_may_answer_in_the_terminal(tmp_path, monkeypatch, trainerspec):
    monkeypatch.chdir(tmp_path)
    said = iter(["a bank warns its customers", "Ada Lovelace"])
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(said, ""))
    status, _, _ = trainerspec("draft", REQUEST, "--interactive")
    (folder,) = (one for one in tmp_path.iterdir() if one.is_dir())
    text = (folder / "trainer.yaml").read_text()
    assert "by: Ada Lovelace" in text
    assert "because: a bank warns its customers" in text
    assert status in (0, 4)
