"""adopt: what was tried in params.yaml becomes a patch to trainer.yaml."""

import re

import pytest

from tests.cli.conftest import change


@pytest.fixture
def built(project, trainerspec):
    assert trainerspec("build")[0] == 0
    return project


def tried(folder, old: str, new: str) -> None:
    path = folder / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_tried_is_nothing_to_adopt(built, trainerspec):
    assert trainerspec("adopt") == (0, "params.yaml says what was built: nothing to adopt\n", "")


def test_tried_slots_become_a_patch_that_builds(built, trainerspec):
    before = (built / "trainer.yaml").read_text()
    tried(built, "epochs: 3", "epochs: 5")
    tried(built, "weight_decay: 0.01", "weight_decay: 1e-05")  # as DVC writes it
    status, out, _ = trainerspec("adopt")
    assert status == 0
    assert "/model/train/epochs        3 -> 5" in out
    assert "+  train: {epochs: 5, batch_size: 16, learning_rate: 0.01, weight_decay: 1.0e-05}" in out
    assert (built / "trainer.yaml").read_text() == before
    assert trainerspec("adopt", "--apply")[0] == 0
    status, out, errors = trainerspec("build")
    assert (status, re.findall(r"TS\d+", errors)) == (0, ["TS232"])
    assert "model.train.epochs" in out
    assert trainerspec("adopt")[1].startswith("params.yaml says what was built")


def test_what_trainer_yaml_does_not_decide_is_refused(built, trainerspec):
    tried(built, "bound: 0.6", "bound: 0.1")
    status, _, errors = trainerspec("adopt")
    assert status == 1
    assert "TS844" in errors
    assert "objectives.1.bound" in errors


def test_a_value_that_does_not_fit_is_told(built, trainerspec):
    tried(built, "epochs: 3", "epochs: -1")
    status, _, errors = trainerspec("adopt")
    assert status == 1
    assert "epochs" in errors


def test_a_spec_that_changed_too_is_told(built, trainerspec):
    tried(built, "epochs: 3", "epochs: 5")
    change(built, "epochs: 3", "epochs: 4")
    status, _, errors = trainerspec("adopt")
    assert status == 1
    assert "TS841" in errors
