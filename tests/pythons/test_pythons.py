"""The compiler's own tests on the other Python versions that it supports: `make test-all`, where they are found."""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.12", "3.13")
FOLDERS = (
    "catalog",
    "cli",
    "diagnostics",
    "drafting",
    "language",
    "llm",
    "passes",
    "procedures",
    "property",
    "workspace",
)
"""Tests of what imports no training or serving library."""
TOOLS = ("pytest", "pytest-xdist", "hypothesis")


def places(version: str) -> Iterator[Path]:
    """Return where a Python of this version may be: on the path, or among pyenv's."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def python(version: str) -> Path:
    """Return an interpreter that runs; pyenv's shims stand on the path also for versions that are not chosen."""
    say = "import sys; print('%d.%d' % sys.version_info[:2])"
    for place in places(version):
        done = subprocess.run([place, "-c", say], capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return place
    needs.missing(f"Python {version}", f"put python{version} on the path")


@pytest.mark.pythons
@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_the_compilers_tests_pass(version: str, tmp_path: Path) -> None:
    subprocess.run([python(version), "-m", "venv", tmp_path / "env"], check=True)
    own = tmp_path / "env" / "bin" / "python"
    wanted = [*TOOLS, "-e", str(ROOT), "-c", str(ROOT / "constraints.txt")]
    installed = subprocess.run(
        [own, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], capture_output=True, text=True
    )
    assert installed.returncode == 0, installed.stderr
    chosen = [str(ROOT / "tests" / folder) for folder in FOLDERS] + [str(ROOT / "trainerspec")]
    marks = "not slow and not e2e and not llm"
    command = [
        own,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--doctest-ignore-import-errors",
        "-m",
        marks,
        *chosen,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "CI": ""}, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr


def test_the_versions_are_those_that_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {one.rpartition(" ")[2] for one in project["classifiers"] if "Python :: 3." in one}
    assert declared == {"3.11", *VERSIONS}
    assert project["requires-python"] == ">=3.11"
