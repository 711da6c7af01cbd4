"""Where an organisation's own files are found."""

from pathlib import Path

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
