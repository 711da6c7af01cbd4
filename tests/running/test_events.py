"""What DVC and the stages say is understood."""

import json

import pytest

from trainerspec.running.events import Began, Failed, Progressed, Said, Skipped, Tail, line_event


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("Running stage 'train':\n", Began(stage="train")),
        ("Running stage 'sub/dvc.yaml:train':\n", Began(stage="train")),
        ("Stage 'prepare' didn't change, skipping\n", Skipped(stage="prepare", why="unchanged")),
        ("Stage 'train' is cached - skipping run, checking out outputs\n", Skipped(stage="train", why="cached")),
        ("> python -m pipeline.train\n", None),
        ("Updating lock file 'dvc.lock'\n", None),
        ("\tgit add dvc.lock\n", None),
        ("Use `dvc push` to send your updates to remote storage.\n", None),
        ("\n", None),
        ("train: epoch 1 of 3\n", Said(line="train: epoch 1 of 3")),
        ("ERROR: failed to reproduce 'gate': failed to run: python, exited with 1\n", Failed(stage="gate", why="")),
        (
            "ERROR: failed to reproduce 'package': [Errno 2] No such file: 'x.py'",
            Failed(stage="package", why="[Errno 2] No such file: 'x.py'"),
        ),
    ],
)
def test_lines(line, event):
    assert line_event(line) == event


def test_progress_is_read_as_it_grows_and_never_by_half(tmp_path):
    (tmp_path / "work").mkdir()
    tail = Tail(tmp_path)
    assert list(tail.events()) == []
    line = json.dumps({"stage": "train", "step": 3, "total": 9, "unit": "steps", "message": "", "t": 12.5})
    with tail.path.open("w") as file:
        file.write(line + "\nnonsense\n" + line[:20])
    event = Progressed(stage="train", step=3, total=9, unit="steps", time=12.5)
    assert list(tail.events()) == [event]
    assert list(tail.events()) == []
    with tail.path.open("a") as file:
        file.write(line[20:] + "\n")
    assert list(tail.events()) == [event]
