"""The wheel carries grammar, SOPs and templates, and works from an empty folder in a fresh environment."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=600)


def test_the_wheel_works_from_an_empty_folder(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    assert run(sys.executable, "-m", "venv", "env", cwd=tmp_path).returncode == 0
    python = tmp_path / "env" / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    if installed.returncode and "ResolutionImpossible" not in installed.stderr and "Could not find" in installed.stderr:
        pytest.skip("no package index can be reached to install the wheel's dependencies")
    assert installed.returncode == 0, installed.stderr

    folder = tmp_path / "empty"
    (folder / "notes").mkdir(parents=True)
    rows = "".join(f"ripe apple number {n},fruit\nrusty iron number {n},metal\n" for n in range(30))
    (folder / "notes" / "notes.csv").write_text("text,label\n" + rows)
    trainerspec = tmp_path / "env" / "bin" / "trainerspec"
    drafted = run(trainerspec, "draft", "Classify the texts in notes/notes.csv by label", "--out", ".", cwd=folder)
    assert drafted.returncode == 0, drafted.stdout + drafted.stderr
    project = next(folder.glob("*/trainer.yaml")).parent
    for command in ("check", "plan", "build"):
        done = run(trainerspec, command, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "pipeline" / "train.py").is_file()
    assert (project / "trainer.lock").is_file()
