"""Commits take a project's own files, and nothing else that is staged or lies about."""

import subprocess

import pytest

from trainerspec.diagnostics.model import Stopped
from trainerspec.revising import git


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # a git that knows nobody
    place = tmp_path / "outer" / "project"
    place.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet"], cwd=place.parent, check=True)
    (place / "trainer.yaml").write_text("a: 1\n")
    (place / ".gitignore").write_text("/build\n")
    return place


def files(folder, revision="HEAD") -> list[str]:
    return git.git(folder, "ls-tree", "-r", "--name-only", "--full-name", revision).split()


def test_a_commit_takes_what_it_is_told(folder):
    (folder / "other.txt").write_text("mine")
    git.git(folder, "add", "other.txt")
    (folder / "build").mkdir()
    (folder / "build" / "x").write_text("x")
    made = git.commit(folder, ["trainer.yaml", "build/x", "absent"], "round 1")
    assert made
    assert files(folder) == ["project/trainer.yaml"]
    assert git.git(folder, "status", "--porcelain", "other.txt").startswith("A")
    assert git.commit(folder, ["trainer.yaml"], "nothing new") == made
    assert git.commit(folder, ["build/x"], "nothing at all") == made


def test_a_branch_leaves_everything_else_as_it_is(folder):
    git.commit(folder, ["trainer.yaml", ".gitignore"], "first")
    (folder / "trainer.yaml").write_text("a: 2\n")
    before = git.git(folder, "status", "--porcelain")
    made = git.branch(folder, "try", {"trainer.yaml": b"a: 3\n", "new.txt": b"new"}, [".gitignore"], "try\n")
    assert git.git(folder, "rev-parse", "try") == made
    assert git.git(folder, "show", "try:project/trainer.yaml") == "a: 3"
    assert git.git(folder, "ls-tree", "-r", "--name-only", "--full-tree", "try") == "project/trainer.yaml"
    assert git.git(folder, "status", "--porcelain") == before
    assert (folder / "trainer.yaml").read_text() == "a: 2\n"


def test_what_git_refuses_is_told(folder, tmp_path):
    with pytest.raises(Stopped, match="TS843"):
        git.branch(folder, "try", {}, [], "no commit yet")
    assert git.commit(tmp_path, ["trainer.yaml"], "no git here") == ""
