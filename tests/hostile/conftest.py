"""One project that is built once, and a copy of it beside a folder that nothing may touch, for each test."""

import shutil
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import trainerspec
from tests.e2e.conftest import call
from tests.hostile.attacks import outside

__all__ = ["trainerspec"]


@pytest.fixture(scope="session")
def committed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was built and committed."""
    folder = Path(shutil.copytree(built, tmp_path_factory.mktemp("committed") / "tiny", symlinks=True))
    commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "built"]
    for words in (["init", "-q"], ["add", "-f", "."], commit):
        assert call("git", *words, cwd=folder).returncode == 0
    return folder


@pytest.fixture
def project(committed: Path, tmp_path: Path) -> Path:
    """Return a copy of the built project, with its git."""
    return Path(shutil.copytree(committed, tmp_path / "checkout" / "tiny", symlinks=True))


@pytest.fixture
def away(project: Path) -> Path:
    """Return the folder outside, beside the project's."""
    return outside(project.parent / "outside")


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return kind and mode, time and content of everything below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        found[path.relative_to(folder).as_posix()] = (about.st_mode, about.st_mtime_ns, content)
    return found
