"""Every task folder loads, merged with what tasks share."""

import shutil
import time
from pathlib import Path

import pytest

from trainerspec import assets
from trainerspec.catalog import load
from trainerspec.diagnostics.model import Stopped


def test_every_folder_with_a_task_yaml_is_a_task() -> None:
    folders = {path.parent.name for path in assets.folder("templates").glob("*/task.yaml")}
    assert set(load.tasks()) == folders
    assert "text-classification" in folders


@pytest.mark.parametrize("name", sorted(load.tasks()))
def test_a_task_is_complete(name: str) -> None:
    task = load.tasks()[name]
    assert {"latency.p95", "model.size", "train.time"} <= task.metrics.keys()
    assert {"data.layout", "model.base", "serve.engine"} <= task.slots.keys()
    assert [slot.path.split(".")[0] for slot in task.slots.values()] == sorted(
        (slot.path.split(".")[0] for slot in task.slots.values()), key=["data", "model", "compute", "serve"].index
    )
    assert {"prepare", "train", "package"} <= {stage.name for stage in task.stages}
    assert len({stage.name for stage in task.stages}) == len(task.stages)
    assert task.cards
    for card in task.cards.values():
        assert {"parameters", "quality", "size", "latency.cpu", "operations"} <= card.facts.keys()
        assert [name for name in card.facts if name.startswith("latency.at.")], "its latency is that of some input"
    roles = {port.role for port in (*task.contract.raw, *task.contract.answer) if port.role}
    beside = {"label"} if task.contract.gathered is not None else set()  # an object has its class beside its box
    assert roles | beside == {*task.inputs, *task.outputs}


def test_a_project_adds_and_replaces_tasks(tmp_path: Path) -> None:
    shutil.copytree(load.tasks()["text-classification"].folder, tmp_path / "my-classification")
    path = tmp_path / "my-classification" / "task.yaml"
    path.write_text(path.read_text().replace("task: text-classification", "task: my-classification"))
    found = load.tasks(tmp_path)
    assert set(found) == {*load.tasks(), "my-classification"}
    assert found["my-classification"].folder == tmp_path / "my-classification"
    assert "latency.p95" in found["my-classification"].metrics


def test_a_broken_task_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "task.yaml").write_text("task: [\n")
    with pytest.raises(Stopped) as stopped:
        load.tasks(tmp_path)["bad"]
    assert stopped.value.diagnostics[0].code == "TS550"
    assert stopped.value.diagnostics[0].file.endswith("task.yaml")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("[{each: [data.length], count: 5}]", "`operations` count by `data.length`, which is not a slot of the task"),
        ("[{each: [], count: 5, when: data.side > 3}]", "`operations` count by `data.side`, which is not a slot"),
        ("[{each: [], count: 5, twice: data.max_length >}]", "`data.max_length >`"),
        ("[{each: [], count: -5}]", "`facts/operations/0/count`: -5 is less than or equal to the minimum of 0"),
        ("[{count: 5}]", "`facts/operations/0`: 'each' is a required property"),
    ],
)
def test_a_card_that_counts_wrongly_is_a_diagnostic(tmp_path: Path, terms: str, message: str) -> None:
    path = tmp_path / "models" / "small.yaml"
    path.parent.mkdir()
    path.write_text(f"id: small\ntitle: Small\nlicence: MIT\nfacts: {{operations: {terms}}}\n")
    with pytest.raises(Stopped) as stopped:
        load.card(path, load.tasks()["text-classification"].slots)
    (one,) = stopped.value.diagnostics
    assert (one.code, message in one.message) == ("TS550", True), one.message


def test_a_task_is_called_as_its_folder_is(tmp_path: Path) -> None:
    shutil.copytree(load.tasks()["text-classification"].folder, tmp_path / "other")
    with pytest.raises(Stopped, match="the folder is `other`"):
        load.tasks(tmp_path)["other"]


def test_loading_is_fast() -> None:
    templates = assets.folder("templates")
    load.task(templates / "text-classification", templates / "_shared")
    times = []
    for _ in range(3):
        start = time.process_time()
        load.task(templates / "text-classification", templates / "_shared")
        times.append(time.process_time() - start)
    assert min(times) < 0.15
