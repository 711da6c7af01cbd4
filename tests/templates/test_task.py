"""task.yaml, cards and stages agree with the files beside them."""

from pathlib import Path

from tests.templates import assemble


def test_variants_and_card_files_exist() -> None:
    task = assemble.read(assemble.TASK / "task.yaml")
    files = [variant["file"] for variant in task["variants"]]
    for card in (assemble.TASK / "models").glob("*.yaml"):
        files += assemble.read(card)["files"].values()
    assert all((assemble.TASK / file).is_file() for file in files)
    assert all((assemble.project_file(hook["target"])).is_file() for hook in task["hooks"])


def test_the_sample_is_seeded(tmp_path: Path) -> None:
    one = assemble.sample().write(tmp_path / "one", "csv").read_bytes()
    assert one == assemble.sample().write(tmp_path / "two", "csv").read_bytes()
