"""task.yaml, cards and stages agree with the files beside them."""

from pathlib import Path

import pytest

from tests.templates import assemble

STRATEGIES = ("fine-tune", "frozen-features", "from-scratch")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_parameter_of_a_stage_is_in_params(pipeline: None, strategy: str) -> None:
    from pipeline.base.params import Params

    values = Params(assemble.parameters(strategy))
    own = {stage["name"]: stage for stage in assemble.read(assemble.TASK / "task.yaml")["stages"]}
    for shared in assemble.read(assemble.TEMPLATES / "_shared" / "stages.yaml"):
        for name in (shared | own.get(shared["name"], {}))["params"]:
            values.value(name)


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
