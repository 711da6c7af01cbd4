"""Prepared grammars: kept in the cache folder, trusted only when they fit, and never needed."""

import os
from pathlib import Path

import pytest

from trainerspec import prepared
from trainerspec.language import grammar


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "_keeping", True)
    return tmp_path / "cache" / "trainerspec"


def reads() -> bool:
    parser = grammar.load("expression.lark", start=["start", "objective"], propagate_positions=True)
    return parser.parse("rows >= 5", start="start") is not None


def test_it_is_kept_and_read_again(home: Path) -> None:
    assert reads()
    (kept,) = home.iterdir()
    before = kept.stat().st_mtime_ns
    assert reads()
    assert kept.stat().st_mtime_ns == before
    assert home.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_replaced(home: Path) -> None:
    assert reads()
    (kept,) = home.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    assert reads()
    assert len(kept.read_bytes()) > len(whole) // 2


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_it_does_without_a_folder_that_can_be_written(home: Path) -> None:
    home.parent.mkdir(mode=0o500)
    assert reads()


def test_it_does_without_a_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.parent.write_text("a file where the folder would be")
    assert reads()
    assert prepared.folder() is None


def test_a_command_that_writes_nothing_reads_what_is_kept_and_keeps_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_keeping", False)
    assert reads()
    assert not home.parent.exists()
    monkeypatch.setattr(prepared, "_keeping", True)
    assert reads()
    home.chmod(0o777)
    assert prepared.folder() is None, "others can write there: what lies there is not trusted"
