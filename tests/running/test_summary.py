"""What a run came to, from gate.json."""

import io
import json

from rich.console import Console

from trainerspec.cli.run import tell
from trainerspec.running.display import Lines, Live
from trainerspec.running.events import Began, Failed, Progressed, Said, Skipped
from trainerspec.running.summary import summary

GATE = {
    "verdict": "pending",
    "objectives": [
        {
            "text": "accuracy >= 95%",
            "value": 0.96,
            "low": 0.94,
            "high": 0.98,
            "unit": "ratio",
            "verdict": "pass",
            "uncertain": True,
        },
        {"text": "latency.p95 <= 5 ms on gpu", "value": None, "unit": "seconds", "verdict": "pending"},
    ],
    "variants": [
        {"precision": "int8", "verdict": "lost", "because": "loses 0.1000 of accuracy", "ships": False},
        {"precision": "fp16", "verdict": "kept", "because": "keeps parity", "ships": True},
        {"precision": "fp32", "verdict": "spare", "because": "fp16 is enough", "ships": False},
    ],
}
STAGES = {"prepare": "Read the data", "train": "Train the model"}
EVENTS = [
    Skipped(stage="prepare", why="unchanged"),
    Began(stage="train"),
    Said(line="train: epoch [1] of 3"),
    Progressed(stage="train", step=1, total=3, unit="epochs", time=1.0),
    Progressed(stage="train", step=2, total=3, unit="epochs", time=3.0),
    Failed(stage="train", why=""),
]


def printed(make):
    out = io.StringIO()
    make(out)
    return out.getvalue()


def test_each_objective_has_its_measured_value_and_verdict(tmp_path):
    assert summary(tmp_path) is None
    (tmp_path / "gate.json").write_text(json.dumps(GATE))
    found = summary(tmp_path)
    assert found is not None
    text = printed(lambda out: tell(found, Console(file=out, width=100)))
    assert "96.0%  (94.0% to 98.0%)" in text
    assert "uncertain" in text
    assert "verdict: pending" in text
    assert "fp16 ships: keeps parity\nint8 does not: loses 0.1000 of accuracy\n" in text
    assert "fp32" not in text
    assert "mlflow ui" in text
    assert "package" not in text


def test_without_a_terminal_there_are_plain_lines():
    def make(out):
        with Lines(Console(file=out, width=100), STAGES) as shown:
            for event in EVENTS:
                shown.take(event)

    text = printed(make)
    assert "[1/2] prepare: nothing changed" in text
    assert "[2/2] train: Train the model" in text
    assert "      epoch [1] of 3" in text
    assert "failed after" in text


def test_on_a_terminal_there_are_bars():
    def make(out):
        with Live(Console(file=out, width=100, force_terminal=True), STAGES) as shown:
            for event in EVENTS:
                shown.take(event)

    text = printed(make)
    assert "✗" in text
    assert "epoch [1] of 3" in text


def test_the_time_that_is_left_follows_the_pace():
    live = Live(Console(file=io.StringIO()), STAGES)
    assert live.left(EVENTS[3]) == ""
    assert live.left(EVENTS[4]) == ", 2.0 s left"
