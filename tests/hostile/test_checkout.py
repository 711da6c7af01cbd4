"""A checkout is input: no command writes, deletes or tells a file outside of it, whatever the checkout holds."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS, CANARY, VARIABLE, data_link
from tests.hostile.conftest import snapshot
from tests.hostile.watch import Seen, from_outside, watched

SAFE = (
    ("check",),
    ("plan",),
    ("build", "--check"),
    ("build", "--frozen", "--check"),
    ("diff", "HEAD"),
    ("explain", "model.base"),
)
"""What may be run on a pull request that nobody has read: these write nothing at all."""
WRITING = (("build",), ("build", "--frozen"), ("build", "--discard"), ("adopt", "--apply"), ("revise",))
REFUSED = {
    **dict.fromkeys((name for name in ATTACKS if name.startswith("lock-")), "TS701"),
    **dict.fromkeys((name for name in ATTACKS if name.startswith("link-")), "TS709"),
}


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with nothing in it but what commands leave there."""
    place = tmp_path / "home"
    place.mkdir()
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv(VARIABLE, f"{CANARY}://{CANARY}:{CANARY}@{CANARY}/{CANARY}")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("trainerspec.prepared._keeping", False)
    return place


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_safe_writes_nothing_and_tells_nothing_from_outside(
    name: str,
    project: Path,
    away: Path,
    homes: Path,
    trainerspec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ATTACKS[name](project, away)
    monkeypatch.chdir(project)
    before = [snapshot(place) for place in (project, away, homes)]
    for words in SAFE:
        with watched() as seen:
            status, out, errors = trainerspec(*words)
        assert status in (0, 1, 2), (words, errors)
        assert CANARY not in out + errors, words
        assert [snapshot(place) for place in (project, away, homes)] == before, words
        judge(seen, words, project, homes)


def judge(seen: Seen, words: tuple[str, ...], project: Path, homes: Path) -> None:
    """Assert that a safe command read nothing but what is its own, wrote nothing, ran git alone and sent nothing.

    `diff` lays out the old side in the temporary folder, and removes it.
    """
    scratch = (homes.parent / "scratch",) if words[0] == "diff" else ()
    assert not list((homes.parent / "scratch").iterdir())
    own = (project, homes / ".cache" / "trainerspec", homes / ".local" / "state" / "trainerspec", homes / ".gitconfig")
    assert not seen.outside(*own, *scratch), words
    assert not [path for path in seen.written if not any(str(place) in path for place in scratch)], words
    assert not [command for command in seen.ran if not READING.search(command)], words
    assert not seen.sent, words


def without_scratch(found: dict[str, tuple[int, int, bytes]]) -> dict[str, tuple[int, int, bytes]]:
    """Leave out the temporary folder itself, whose time changes."""
    return {path: about for path, about in found.items() if path != "scratch"}


READING = re.compile(
    r"(^|/)(trainerspec|git)\b.*? (check|plan|build|diff|explain|ls-files|ls-tree|cat-file|rev-parse)\b"
)
"""What may run: the command itself, and git where it only reads."""


@pytest.mark.parametrize("words", SAFE, ids=" ".join)
def test_a_safe_command_seen_from_outside(words: tuple[str, ...], project: Path, away: Path, tmp_path: Path) -> None:
    """The whole process and its children under strace: libraries that read files by themselves are seen too."""
    for folder in ("home", "scratch"):
        (tmp_path / folder).mkdir()
    for name in ("journal", "journal-with-nonce", "modules"):
        ATTACKS[name](project, away)
    before = snapshot(tmp_path)
    seen, done = from_outside(words, project, tmp_path, tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert str(project / "trainer.yaml") in seen.read, "the log tells what was read"
    judge(seen, words, project, tmp_path / "home")
    assert without_scratch(snapshot(tmp_path)) == without_scratch(before)


@pytest.mark.parametrize("name", ATTACKS)
def test_what_writes_stays_inside(
    name: str,
    project: Path,
    away: Path,
    homes: Path,
    trainerspec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ATTACKS[name](project, away)
    monkeypatch.chdir(project)
    spec, hooks = (project / "trainer.yaml").read_bytes(), snapshot(project / ".git")
    before, told = snapshot(away), ""
    for words in WRITING:
        status, out, errors = trainerspec(*words)
        told += errors
        assert status in (0, 1), (words, errors)
        assert CANARY not in out + errors, words
        assert snapshot(away) == before, words
    assert (project / "trainer.yaml").read_bytes() == spec
    assert snapshot(project / ".git") == hooks
    assert not (project / "overwritten").exists()
    assert REFUSED.get(name, "") in told


def test_a_folder_that_is_called_like_a_revision_is_no_old_side(
    project: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull request that commits the folder `main` would be compared with itself."""
    monkeypatch.chdir(project)
    subprocess.run(["git", "branch", "-M", "main"], check=True)
    for name in ("main", "HEAD"):
        (project / name).mkdir()
        shutil.copyfile(project / "trainer.yaml", project / name / "trainer.yaml")
        status, _, errors = trainerspec("diff", name)
        assert (status, "TS809" in errors) == (1, True), errors
        assert trainerspec("diff", f"./{name}")[0] == 0
    assert trainerspec("diff", "refs/heads/main")[0] == 0


def test_a_check_of_manifests_imports_nothing_of_the_checkout(
    project: Path, away: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "targets").mkdir()
    shutil.copyfile(project / "deploy/examples/cpu/target.yaml", project / "targets/dev.yaml")
    ATTACKS["modules"](project, away)
    monkeypatch.chdir(project)
    before = snapshot(away)
    trainerspec("deploy", "--verify", "--target", "dev")
    assert snapshot(away) == before


def test_run_follows_no_link_either(
    project: Path,
    away: Path,
    trainerspec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    before = snapshot(away)
    for place in ("work", "build", "failure.json", "labels", "metrics.json"):
        (project / place).symlink_to(away / "tree")
        status, _, errors = trainerspec("run", "--no-scm")
        assert (status, "TS709" in errors) == (1, True), errors
        (project / place).unlink()
    assert snapshot(away) == before


@pytest.mark.parametrize(
    ("place", "to"),
    [
        ("labels/answers.jsonl", ".bashrc"),
        ("build/data", "tree"),
        ("build/plots/train/loss.csv", "secret.txt"),
        ("work/features", "kept"),
        (".dvc/tmp", "kept"),
        (".dvc", "kept"),
    ],
)
def test_run_follows_no_link_that_git_brought_where_stages_write(
    place: str, to: str, project: Path, away: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    data_link(place, to)(project, away)
    before = snapshot(away)
    for words in (("run",), ("data",), ("tune", "--trials", "1")):
        status, _, errors = trainerspec(*words)
        assert (status, "TS709" in errors) == (1, True), (words, errors)
        assert snapshot(away) == before, words


def test_a_draft_writes_over_no_link(
    away: Path,
    trainerspec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(away.parent)
    words = ("draft", "Sort our mails into billing and other, 95% accurate", "--force")
    assert trainerspec(*words)[0] == 0
    (spec,) = (path for path in away.parent.glob("*/trainer.yaml") if path.parent.name != "tiny")
    spec.unlink()
    spec.symlink_to(away / "secret.txt")
    status, _, errors = trainerspec(*words)
    assert (status, "TS709" in errors) == (1, True)
    assert (away / "secret.txt").read_text().startswith(CANARY)


def test_nothing_of_another_owner_or_of_the_checkout_counts_as_a_journal(
    project: Path,
    away: Path,
    homes: Path,
    trainerspec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from trainerspec.workspace import journal

    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.setenv("TMPDIR", str(project))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert list(journal._places(project)) == [], "a home inside the checkout is no place of the user's"
    monkeypatch.setenv("HOME", str(homes))
    begun = journal.begin(project)
    journal.fill(begun, [("README.md", b"new\n")], ["docs/API.md"])
    os.chmod(begun.journal, 0o666)
    assert not journal.recover(project), "somebody else could have written it"
    os.chmod(begun.journal, 0o600)
    (begun.room / "nonce").write_text("1" * 32)
    assert not journal.recover(project), "it is of another write"
    assert (project / "docs" / "API.md").is_file()
