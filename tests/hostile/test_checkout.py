"""A checkout is input: no command writes, deletes or tells a file outside of it, whatever the checkout holds."""

import os
from pathlib import Path

import pytest

from tests.hostile.attacks import ATTACKS, CANARY
from tests.hostile.conftest import snapshot

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
    monkeypatch.setenv("HOME", str(place))
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
        status, out, errors = trainerspec(*words)
        assert status in (0, 1, 2), (words, errors)
        assert CANARY not in out + errors, words
        assert [snapshot(place) for place in (project, away, homes)] == before, words


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


def test_run_follows_no_link_either(
    project: Path,
    away: Path,
    trainerspec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    before = snapshot(away)
    for place in ("work", "build", "failure.json"):
        (project / place).symlink_to(away / "tree")
        status, _, errors = trainerspec("run", "--no-scm")
        assert (status, "TS709" in errors) == (1, True), errors
        (project / place).unlink()
    assert snapshot(away) == before


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
