"""What is kept in the user's cache folder: read when it fits, made again when it does not, and never in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainerspec import prepared
from trainerspec.prepared import Remembered


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "_keeping", True)
    return tmp_path / "cache" / "trainerspec"


class Maker:
    """Counts how often a value was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> list[int]:
        self.made += 1
        return [self.made]


def test_a_value_is_made_once_for_the_same_bytes(home: Path) -> None:
    make = Maker()
    assert [prepared.prepared("x", [b"one"], make) for _ in range(3)] == [[1]] * 3
    assert prepared.prepared("x", [b"two"], make) == [2]
    assert prepared.prepared("x", [b"t", b"wo"], make) == [3]
    assert home.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [lambda it: it[: len(it) // 2], lambda it: b"", lambda it: it[:-1] + b"\xff"])
def test_a_damaged_file_is_made_again(home: Path, damage: object) -> None:
    make = Maker()
    prepared.prepared("x", [b"one"], make)
    (file,) = home.iterdir()
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))
    assert prepared.prepared("x", [b"one"], make) == [2]
    assert prepared.prepared("x", [b"one"], make) == [2], "it is whole again"


def test_a_folder_that_others_may_write_is_not_used(home: Path) -> None:
    home.mkdir(parents=True)
    home.chmod(0o777)
    make = Maker()
    assert [prepared.prepared("x", [b"one"], make) for _ in range(2)] == [[1], [2]]
    assert list(home.iterdir()) == []


def test_there_may_be_no_folder(home: Path) -> None:
    home.parent.write_text("a file where the folder would be")
    make = Maker()
    assert [prepared.prepared("x", [b"one"], make) for _ in range(2)] == [[1], [2]]


def test_a_run_that_writes_nothing_reads_what_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    monkeypatch.setattr(prepared, "_keeping", False)
    assert prepared.prepared("x", [b"one"], make) == [1]
    assert not home.exists()
    monkeypatch.setattr(prepared, "_keeping", True)
    assert prepared.prepared("x", [b"one"], make) == [2]
    monkeypatch.setattr(prepared, "_keeping", False)
    assert prepared.prepared("x", [b"one"], make) == [2]
    unsaved: Remembered[list[int]] = Remembered("r")
    unsaved.get("a", make)
    unsaved.save()
    assert len(list(home.iterdir())) == 1


def test_few_old_versions_stay(home: Path) -> None:
    for number in range(2 * prepared.VERSIONS):
        prepared.prepared("x", [str(number).encode()], Maker())
    assert len(list(home.iterdir())) == prepared.VERSIONS


def test_results_are_remembered_by_their_input(home: Path) -> None:
    make = Maker()
    first: Remembered[list[int]] = Remembered("r")
    assert [first.get("a", make), first.get("a", make), first.get("b", make)] == [[1], [1], [2]]
    assert first.get("c", make, keep=lambda value: value != [3]) == [3]
    first.save()
    again: Remembered[list[int]] = Remembered("r")
    assert [again.get("a", make), again.get("b", make), again.get("c", make)] == [[1], [2], [4]]
    other: Remembered[list[int]] = Remembered("r", lambda: [b"another grammar"])
    assert other.get("a", make) == [5]


def test_no_more_results_are_kept_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "ENTRIES", 3)
    many: Remembered[int] = Remembered("r")
    for number in range(5):
        many.get(str(number), lambda number=number: number)  # type: ignore[misc]
    many.save()
    again: Remembered[int] = Remembered("r")
    assert [again.get(str(number), lambda: -1) for number in range(5)] == [-1, -1, 2, 3, 4]


def test_processes_may_write_at_once(tmp_path: Path) -> None:
    code = (
        "from trainerspec.prepared import Remembered, keep, prepared\nkeep()\n"
        "for n in range(40):\n"
        "    r = Remembered('r'); r.get(str(n), lambda: [n] * 5000); r.save()\n"
        "    assert prepared('x', [b'%d' % (n % 3)], lambda: [n % 3] * 5000) == [n % 3] * 5000\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [one.wait() for one in running] == [0, 0, 0]
    assert not [one.name for one in (tmp_path / "trainerspec").iterdir() if one.name.startswith(".")]
