"""Where an organisation's own files are found."""

import os
from pathlib import Path

import pytest

from trainerspec.workspace.organisation import organisation


def test_the_nearest_folder_up_to_the_repositorys_root_counts(tmp_path: Path) -> None:
    project = tmp_path / "repository" / "team" / "news-desk"
    project.mkdir(parents=True)
    (tmp_path / ".trainerspec" / "sops").mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert organisation(project) == project / ".trainerspec", "what is above the repository does not count"
    (tmp_path / "repository" / ".trainerspec" / "templates").mkdir(parents=True)
    (project / ".trainerspec" / "agents").mkdir(parents=True)
    assert organisation(project) == tmp_path / "repository" / ".trainerspec"
    (project / ".trainerspec" / "sops").mkdir()
    assert organisation(project) == project / ".trainerspec"


@pytest.mark.parametrize(("owner", "counts"), [("own", True), ("root", True), ("other", False)])
def test_what_somebody_else_put_above_does_not_count(
    tmp_path: Path, owner: str, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, above = tmp_path / "news-desk", tmp_path / ".trainerspec"
    project.mkdir()
    (above / "templates").mkdir(parents=True)
    stat, mine = Path.stat, os.geteuid()
    owners = {"own": mine, "root": 0, "other": mine + 1000}

    def told(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(path, follow_symlinks=follow_symlinks)
        return os.stat_result((*found[:4], owners[owner], *found[5:10])) if path == above else found

    monkeypatch.setattr(Path, "stat", told)
    assert organisation(project) == (above if counts else project / ".trainerspec")
