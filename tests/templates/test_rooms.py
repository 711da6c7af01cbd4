"""The rooms of every task, with every variant, import downward only, as the emitted pyproject.toml says."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import handmade, needs
from tests.templates import folders
from trainerspec.catalog.load import tasks

needs.packages("importlinter")
TASKS = tasks(Path("none"))
CASES = list(folders.variants(TASKS))
MOST = 12
"""Files of a room that a reader takes in."""


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_bytes(handmade.project().files["pyproject.toml"])
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("task", "chosen"),
    CASES,
    ids=["-".join([task, *(Path(file).stem for file in some.values())]) for task, some in CASES],
)
def test_rooms_import_downward(tmp_path: Path, task: str, chosen: Mapping[str, str]) -> None:
    folder = folders.emitted(tmp_path, TASKS[task], chosen)
    done = linted(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for room in (path for path in (folder / "pipeline").iterdir() if path.is_dir()):
        files = [path.name for path in room.iterdir() if path.is_file() and path.name != "__init__.py"]
        assert len(files) <= MOST, f"{room.name} has {len(files)} files: {sorted(files)}"


def test_an_import_upwards_is_found(tmp_path: Path) -> None:
    folder = folders.emitted(tmp_path, TASKS["text-classification"], {})
    path = folder / "pipeline" / "base" / "files.py"
    path.write_text(f"from pipeline.task import model\n{path.read_text()}")
    done = linted(folder)
    assert done.returncode == 1
    assert "pipeline.base.files -> pipeline.task.model" in done.stdout
