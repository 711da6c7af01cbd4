"""A bound that a split has too few examples to show is told before anything is trained."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.ir.source import Source
from trainerspec.passes.decidable import decidable
from trainerspec.passes.observe import observe
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate
from trainerspec.workspace.prober import DataProber

SPLIT = "split: {train: 80%, validation: 10%, test: 10%"


def told(folder: Path, rows: int, bound: str, split: str = SPLIT) -> list[str]:
    (folder / "d.csv").write_text(
        "x,y\n" + "".join(f"{n * 37 % 101 / 8 + n},{'yes' if n % 10 == 0 else 'no'}\n" for n in range(rows))
    )
    task = tasks()["tabular-classification"]
    text = "trainerspec: 1\nname: x\ntask: {type: tabular-classification, outputs: {label: y}}\n"
    text += f"data: {{source: d.csv, {split}}}}}\nobjectives: [{bound}]\n"
    document = parse(Source(name="trainer.yaml", text=text)).value
    assert document is not None
    spec = validate(document, {task.name: task}).value
    assert spec is not None
    seen = observe(spec, task, DataProber(folder=folder)).value
    assert seen is not None
    found = decidable(seen, task)
    assert {(one.code, one.severity) for one in found} <= {("TS232", "warning")}
    return [f"{one.message}; {one.hint}" for one in found]


def test_sixty_rows_cannot_show_nine_of_ten(tmp_path: Path) -> None:
    (message,) = told(tmp_path, 60, "accuracy >= 90%")
    assert "6 validation examples and 6 test examples" in message
    assert "they show 61%" in message
    assert "it takes 35 in each" in message


@pytest.mark.parametrize(
    ("rows", "bound", "split"),
    [
        (400, "accuracy >= 90%", SPLIT),
        (60, "accuracy >= 60%", SPLIT),
        (60, "auroc >= 90%", SPLIT),
        (60, "log_loss <= 0.3", SPLIT),
        (60, "latency.p95 <= 1 s on cpu", SPLIT),
    ],
)
def test_bounds_that_can_be_told_are_left_alone(tmp_path: Path, rows: int, bound: str, split: str) -> None:
    assert told(tmp_path, rows, bound, split) == []


def test_a_class_has_its_own_examples(tmp_path: Path) -> None:
    (message,) = told(tmp_path, 400, "recall.yes >= 80%")
    assert "4 validation examples of `yes`" in message
    assert told(tmp_path, 400, "recall.no >= 80%") == []
