"""Projects that the command line is tried on, in this process."""

import os
from pathlib import Path

import pytest

from tests.e2e.conftest import SPEC, write_notes
from trainerspec.cli.main import main


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """Return a folder with a spec and its data, not yet built; it is the working directory."""
    folder = tmp_path / "tiny"
    write_notes(folder / "notes", each=10)
    (folder / "trainer.yaml").write_text(SPEC)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def trainerspec(capsys):
    """Return a function that runs the command line and returns exit status, output and errors."""

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            main(words)
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, errors = capsys.readouterr()
        return status, out, errors

    return call


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file of a project but the data and what agents remember."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in ("notes", ".git") and "agents" not in path.parts
    }


def change(folder: Path, old: str, new: str) -> None:
    """Edit trainer.yaml."""
    path = folder / "trainer.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path)
