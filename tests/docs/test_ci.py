"""docs/ci.md: the steps of the workflow, run as scripts in a repository with projects, and the pre-commit hooks."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import forks
from tests.docs.test_benchmarks import copied
from tests.e2e.conftest import call, environment
from trainerspec.cli.hooks import projects

ROOT = Path(__file__).parents[2]
WITHOUT_DATA = shutil.ignore_patterns("notes", ".git")
NAME = ("-c", "user.name=x", "-c", "user.email=x@example.com")


def blocks() -> list[Any]:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return [YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)]


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *NAME, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def changed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project with four epochs instead of three."""
    folder = tmp_path_factory.mktemp("changed") / "tiny"
    shutil.copytree(built, folder)
    spec = folder / "trainer.yaml"
    spec.write_text(spec.read_text().replace("epochs: 3", "epochs: 4"))
    assert call("trainerspec", "build", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def repository(built: Path, changed: Path, tmp_path: Path) -> Path:
    """Return a repository without data, with the projects `one` and `two`, on a branch that changes `one`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for name in ("one", "two"):
        shutil.copytree(built, folder / name, ignore=WITHOUT_DATA)
    commit(folder)
    git(folder, "checkout", "-q", "-b", "change")
    shutil.copytree(changed, folder / "one", ignore=WITHOUT_DATA, dirs_exist_ok=True)
    return folder


def steps(repository: Path, place: Path) -> tuple[dict[str, int], str, str]:
    """Run the workflow's scripts as GitHub does; return their statuses, all that they printed, and the comment."""
    (place / "bin").mkdir(parents=True)
    gh = place / "bin" / "gh"
    gh.write_text('#!/bin/sh\n[ "$1 $2 $3" = "pr comment 7" ] || exit 1\nshift $(($# - 1)); cp "$1" "$POSTED"\n')
    gh.chmod(0o755)
    found = environment(
        BASE="main", PULL_REQUEST="7", RUNNER_TEMP=str(place), GITHUB_STEP_SUMMARY=str(place / "summary"),
        POSTED=str(place / "posted"),
    )  # fmt: skip
    found["PATH"] = os.pathsep.join([str(place / "bin"), str(forks.path()), found["PATH"]])
    statuses, said = {}, ""
    for step in blocks()[1]["jobs"]["specs"]["steps"]:
        if "run" not in step or step["name"].startswith("Install"):
            continue
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=repository, env=found, capture_output=True, text=True, check=False)
        statuses[step["name"].split()[0]] = done.returncode
        said += done.stdout + done.stderr
    posted = place / "posted"
    return statuses, said, posted.read_text() if posted.exists() else ""


def test_a_changed_spec_is_told_in_a_comment(repository: Path, tmp_path: Path) -> None:
    commit(repository)
    statuses, said, comment = steps(repository, tmp_path / "runner")
    assert statuses == {"Find": 0, "Check": 0, "Write": 0, "Post": 0}, said
    assert comment.startswith("### one\n")
    assert "| `/model/train/epochs` | `3` | `4` |" in comment
    assert "| `train` |" in comment
    assert "two" not in comment
    assert (tmp_path / "runner" / "summary").read_text() == comment


def test_an_edited_file_is_red_and_a_new_project_is_named(repository: Path, built: Path, tmp_path: Path) -> None:
    (repository / "one" / "params.yaml").write_text("")
    shutil.copytree(built, repository / "three", ignore=WITHOUT_DATA)
    commit(repository)
    statuses, said, comment = steps(repository, tmp_path / "runner")
    assert statuses == {"Find": 0, "Check": 1, "Write": 0, "Post": 0}, said
    assert "TS708" in said
    assert "### three\n\nA new project." in comment


def test_a_project_at_the_top_of_its_repository(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(built, folder, ignore=WITHOUT_DATA)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "checkout", "-q", "-b", "change")
    spec = folder / "trainer.yaml"
    spec.write_text(spec.read_text().replace("accuracy >= 60%", "acuracy >= 50%"))
    commit(folder)
    statuses, said, comment = steps(folder, tmp_path / "runner")
    assert statuses == {"Find": 0, "Check": 1, "Write": 0, "Post": 0}
    assert "::error file=trainer.yaml,line=" in said
    assert comment == "### .\n\nSee the failed check.\n\n"


def test_a_pull_request_without_a_spec_posts_nothing(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "-q", "--", ".")
    (repository / "README.md").write_text("something else")
    commit(repository)
    statuses, said, comment = steps(repository, tmp_path / "runner")
    assert (set(statuses.values()), comment) == ({0}, ""), said


def test_hooks_find_the_projects_of_changed_files(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    changed = ["one/trainer.yaml", "one/pipeline/train.py", "README.md", "two/params.yaml"]
    assert projects(changed, "trainer.lock") == [Path("one"), Path("two")]


@pytest.mark.e2e
@pytest.mark.slow
def test_the_hooks_work_in_another_repository(repository: Path, tmp_path: Path) -> None:
    """pre-commit clones this repository, installs it in an environment of its own, once, and runs the hooks."""
    ours = copied(tmp_path / "trainerspec")
    hooks = [{"id": hook["id"]} for hook in YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")]
    settings = {"repos": [{"repo": str(ours), "rev": git(ours, "rev-parse", "HEAD"), "hooks": hooks}]}
    (tmp_path / "hooks.json").write_text(json.dumps(settings))  # JSON is YAML
    words = ["pre-commit", "run", "--config", str(tmp_path / "hooks.json")]
    extra = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    git(repository, "add", "-A")
    done = call(*words, cwd=repository, **extra)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^trainerspec .*Passed$", done.stdout, flags=re.MULTILINE)) == 2, done.stdout

    spec = repository / "two" / "trainer.yaml"
    spec.write_text(spec.read_text().replace("accuracy", "acuracy"))
    (repository / "one" / "pipeline" / "train.py").write_text("")
    git(repository, "add", "-A")
    done = call(*words, cwd=repository, **extra)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "two/trainer.yaml:16:5: TS204" in done.stdout
    assert "TS708" in done.stdout


def test_the_hooks_that_are_shown_are_those_that_are_offered() -> None:
    shown = {hook["id"] for hook in blocks()[0]["repos"][0]["hooks"]}
    assert shown == {hook["id"] for hook in YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")}
