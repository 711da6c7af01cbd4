"""An assembled project on sys.path for tests of single functions, and fresh ones in tmp_path for runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.templates import assemble


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a fresh folder: stages write progress and logs below the folder they run in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project's folder, for imports only."""
    return assemble.project(tmp_path_factory.mktemp("assembled"))


@pytest.fixture
def pipeline(assembled: Path) -> Iterator[None]:
    """Make `import pipeline...` find the assembled project, and forget it afterwards."""
    sys.path.insert(0, str(assembled))
    forget()
    yield
    sys.path.remove(str(assembled))
    forget()


def forget() -> None:
    """Drop the imported modules of emitted projects."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pipeline"]:
        del sys.modules[name]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a small project with its data."""
    folder = assemble.project(tmp_path / "project")
    assemble.sample().write(folder / "data")
    return folder
