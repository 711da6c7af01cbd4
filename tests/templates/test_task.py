"""task.yaml, cards and stages agree with the files beside them."""

from pathlib import Path

import pytest

from tests.templates import assemble

STRATEGIES = ("fine-tune", "frozen-features", "from-scratch")
GENERATED = ("{source}", "constraints.txt")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_file_that_a_stage_depends_on_is_there_or_made_by_an_earlier_stage(tmp_path: Path, strategy: str) -> None:
    folder = assemble.project(tmp_path, strategy=strategy)
    own = {stage["name"]: stage for stage in assemble.read(assemble.TASK / "task.yaml")["stages"]}
    made: list[str] = []
    for shared in assemble.read(assemble.TEMPLATES / "_shared" / "stages.yaml"):
        stage = own.get(shared["name"], shared)
        for path in stage["deps"]:
            inside = any(path == out or path.startswith(f"{out}/") for out in made)
            generated = path in GENERATED or (stage["name"] == "package" and not path.startswith("pipeline/"))
            assert generated or inside or (folder / path).exists(), (stage["name"], path)
        made += [*stage["outs"], *stage.get("plots", []), *stage.get("metrics", [])]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_parameter_of_a_stage_is_in_params(pipeline: None, strategy: str) -> None:
    from pipeline.params import Params

    values = Params(assemble.parameters(strategy))
    own = {stage["name"]: stage for stage in assemble.read(assemble.TASK / "task.yaml")["stages"]}
    for shared in assemble.read(assemble.TEMPLATES / "_shared" / "stages.yaml"):
        for name in own.get(shared["name"], shared)["params"]:
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
