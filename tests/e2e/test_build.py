"""Builds are byte-equal, can be frozen, and never lose a user's edit."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import SPEC, call, write_notes

pytestmark = pytest.mark.e2e


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a project except its data and the agents' memory."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in {"notes", ".trainerspec"}
    }


def build(folder: Path, *words: str, **extra: str) -> dict[str, bytes]:
    done = call("trainerspec", "build", *words, cwd=folder, **extra)
    assert done.returncode == 0, done.stdout + done.stderr
    return tree(folder)


def test_two_builds_with_other_hash_seeds_are_byte_equal(tmp_path: Path) -> None:
    trees = []
    for seed in ("1", "2"):
        folder = tmp_path / seed / "tiny"
        write_notes(folder / "notes")
        (folder / "trainer.yaml").write_text(SPEC)
        trees.append(build(folder, PYTHONHASHSEED=seed))
    assert trees[0] == trees[1]
    assert {"trainer.lock", "params.yaml", "dvc.yaml", "pipeline/train.py"} <= trees[0].keys()


def test_a_frozen_build_needs_no_data_and_gives_the_same_bytes(tiny: Path) -> None:
    first = build(tiny)
    shutil.rmtree(tiny / "notes")
    for name in first.keys() - {"trainer.yaml", "trainer.lock"}:
        (tiny / name).unlink()
    assert build(tiny, "--frozen", "--discard") == first


def test_a_frozen_build_refuses_a_stale_spec(tiny: Path) -> None:
    build(tiny)
    text = (tiny / "trainer.yaml").read_text()
    (tiny / "trainer.yaml").write_text(text.replace("epochs: 3", "epochs: 4"))
    done = call("trainerspec", "build", "--frozen", cwd=tiny)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "trainer.yaml" in done.stdout + done.stderr


def test_an_edited_file_stops_the_build_until_ejected(tiny: Path) -> None:
    build(tiny)
    model = tiny / "pipeline" / "task" / "model.py"
    model.write_text(model.read_text() + "\n# mine\n")
    stopped = call("trainerspec", "build", cwd=tiny)
    said = stopped.stdout + stopped.stderr
    assert stopped.returncode == 1
    assert "# mine" in said
    assert "--eject" in said
    assert "--discard" in said
    assert model.read_text().endswith("# mine\n")

    build(tiny, "--eject", "pipeline/task/model.py")
    assert (tiny / "custom" / "model.py").read_text().endswith("# mine\n")
    assert model.read_text().endswith("# mine\n")
    build(tiny)


def test_discard_writes_the_file_anew(tiny: Path) -> None:
    first = build(tiny)
    (tiny / "pipeline" / "task" / "model.py").write_text("# gone\n")
    assert build(tiny, "--discard") == first
