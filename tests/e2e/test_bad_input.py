"""Every user mistake gets a diagnostic, exit status 1, no traceback, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import SPEC, call, write_notes

pytestmark = pytest.mark.e2e


def missing(data: Path) -> None:
    """Make no data at all."""


def empty(data: Path) -> None:
    data.mkdir()


def one_class(data: Path) -> None:
    (data / "fruit").mkdir(parents=True)
    for number in range(5):
        (data / "fruit" / f"{number}.txt").write_text(f"apple {number}")


def lonely_label(data: Path) -> None:
    write_notes(data, each=10)
    (data / "rare").mkdir()
    (data / "rare" / "0.txt").write_text("the only one of its kind")


def not_utf8(data: Path) -> None:
    write_notes(data, each=10)
    (data / "fruit" / "000.txt").write_bytes(b"caf\xe9 \xff\xfe")


def unreadable(data: Path) -> None:
    write_notes(data, each=10)
    (data / "fruit" / "000.txt").unlink()
    (data / "fruit" / "000.txt").symlink_to(data / "nowhere.txt")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing, ["notes", "does not exist"]),
        (empty, ["notes", "empty"]),
        (one_class, ["fruit", "class"]),
        (lonely_label, ["rare"]),
        (not_utf8, ["000.txt", "utf-8"]),
        (unreadable, ["000.txt"]),
    ],
)
def test_bad_data_is_told_at_build_and_nothing_is_written(
    make: Callable[[Path], None], words: list[str], tmp_path: Path
) -> None:
    make(tmp_path / "notes")
    (tmp_path / "trainer.yaml").write_text(SPEC)
    done = call("trainerspec", "build", cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert "TS4" in said
    for word in words:
        assert word.lower() in said.lower()
    assert {path.name for path in tmp_path.iterdir()} <= {"notes", "trainer.yaml", ".trainerspec"}
    assert not (tmp_path / "trainer.lock").exists()


def test_a_missing_target_column_gets_a_suggestion(tmp_path: Path) -> None:
    rows = "\n".join(f"apple {n},fruit\niron {n},metal" for n in range(10))
    (tmp_path / "notes.csv").write_text("text,topic\n" + rows + "\n")
    spec = SPEC.replace("{path: notes}", "{path: notes.csv}").replace("{label: label}", "{label: topik}")
    (tmp_path / "trainer.yaml").write_text(spec)
    done = call("trainerspec", "build", cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "did you mean `topic`" in said
    assert "Traceback" not in said


def test_typos_on_three_lines_are_all_told_with_their_lines(tmp_path: Path) -> None:
    write_notes(tmp_path / "notes", each=5)
    text = SPEC.replace("version:", "versoin:").replace("source:", "sorce:").replace("accuracy >=", "acuracy >=")
    (tmp_path / "trainer.yaml").write_text(text)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if any(w in line for w in ("versoin", "sorce", "acurac"))]
    assert len(lines) == 3
    for command in ("check", "build"):
        done = call("trainerspec", command, cwd=tmp_path)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert "Traceback" not in said
        for line in lines:
            assert f"trainer.yaml:{line}:" in said
        for right in ("version", "source", "accuracy"):
            assert f"did you mean `{right}`" in said
    assert not (tmp_path / "trainer.lock").exists()


@pytest.mark.parametrize("command", [["check"], ["build"], ["plan"], ["run"], ["serve"]])
def test_a_folder_without_a_spec_or_package_is_told(command: list[str], tmp_path: Path) -> None:
    done = call("trainerspec", *command, cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode in {1, 2}, said
    assert "Traceback" not in said
    assert said.strip()
