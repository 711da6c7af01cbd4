"""`make release`: the wheel carries all that it needs, and works from an empty folder in a fresh environment."""

import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from scripts import release

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
@pytest.mark.slow
def test_the_wheel_works_from_an_empty_folder(tmp_path: Path) -> None:
    wheel, sdist = release.build(tmp_path / "dist")
    assert wheel.name.startswith(f"trainerspec-{release.version()}-py3")
    held = ZipFile(wheel).namelist()
    assert {"sops", "policy", "vocabulary", "modules"} <= {
        name.partition("_prepared/")[2].partition("-")[0] for name in held
    }, "what the first run would have to prepare"
    assert sdist.name == f"trainerspec-{release.version()}.tar.gz"
    try:
        trainerspec = release.install(wheel, tmp_path / "env")
    except SystemExit as ended:
        if ended.code != release.UNREACHABLE:
            raise
        pytest.skip("no package index can be reached to install the wheel's dependencies")
    (tmp_path / "work").mkdir()
    project = release.try_out(trainerspec, release.version(), tmp_path / "work")
    assert (project / "pipeline" / "train.py").is_file()
    assert (project / "trainer.lock").is_file()


def test_what_builds_the_wheel_is_pinned_as_what_runs_it() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [one for one in build["requires"] if one not in pinned] == []


def test_a_version_without_an_entry_is_not_released() -> None:
    with pytest.raises(SystemExit, match=r"CHANGELOG\.md has no entry for 999\.0\.0"):
        release.described("999.0.0")
