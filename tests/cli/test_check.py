"""trainerspec check and explain, called as commands."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trainerspec.catalog.load import tasks as load_tasks
from trainerspec.catalog.model import Task
from trainerspec.cli.main import application

ROOT = Path(__file__).parents[2]
TASKS = load_tasks(Path("none"))


def call(*words: str):
    return CliRunner().invoke(application, list(words))


def test_a_fine_spec(tmp_path: Path, good_text: str) -> None:
    (tmp_path / "trainer.yaml").write_text(good_text, encoding="utf-8")
    result = call("check", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("news-desk: fine (text-classification, 3 objectives, ")
    assert "read: the spec alone; `--data` also checks the data" in result.stdout


def test_the_data_is_checked_when_asked_for(tmp_path: Path) -> None:
    rows = [f"{'no' if i % 3 else 'yes'},{i % 7},{i * 37 % 101},{i * 53 % 89},{i % 3 == 0}" for i in range(90)]
    (tmp_path / "d.csv").write_text("\n".join(["y,a,b,c,copy", *rows]) + "\n")
    spec = "trainerspec: 1\nname: x\ntask: {type: tabular-classification, outputs: {label: y}}\n"
    (tmp_path / "trainer.yaml").write_text(spec + "data: {source: {path: d.csv}}\n")
    shown = call("check", str(tmp_path), "--data")
    assert shown.exit_code == 1
    assert "TS418 `copy` gives `y` away: each of its 2 values has one answer" in shown.stdout
    assert "  error  target-copy  `copy` gives `y` away" in shown.stdout
    assert "  90 rows checked: 1 error" in shown.stdout
    plain = json.loads(call("check", str(tmp_path), "--data", "--json").stdout)
    assert [one["code"] for one in plain["findings"] if one["severity"] == "error"] == ["target-copy"]
    assert [one["code"] for one in plain["diagnostics"]] == ["TS418"]
    accepted = "data: {source: {path: d.csv}, checks: {acknowledge: [{code: target-copy, because: known before}]}}\n"
    (tmp_path / "trainer.yaml").write_text(spec + accepted)
    again = call("check", str(tmp_path), "--data")
    assert again.exit_code == 0
    assert "error, acknowledged  target-copy" in again.stdout
    assert "accepted: known before" in again.stdout


def test_three_typos_are_told_at_their_lines(tmp_path: Path, good_text: str) -> None:
    text = good_text.replace("acc", "ac").replace("labels", "lables").replace("epochs", "epocs")
    path = tmp_path / "trainer.yaml"
    path.write_text(text, encoding="utf-8")
    result = call("check", str(path), "--format", "json")
    assert result.exit_code == 1
    assert [(d["code"], d["line"]) for d in json.loads(result.stdout)] == [("TS201", 11), ("TS201", 19), ("TS204", 22)]
    assert call("check", str(path), "--format", "github").stdout.count("::error ") == 3
    assert call("check", str(path)).stdout.endswith("3 errors\n")


@pytest.mark.parametrize(("content", "code"), [(None, "TS100"), (b"\xff", "TS101"), (b"a: [", "TS103"), (b"", "TS109")])
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "trainer.yaml"
    if content is not None:
        path.write_bytes(content)
    result = call("check", str(path))
    assert result.exit_code == 1
    assert code in result.stdout


def test_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "unknown metric" in call("explain", "TS204").stdout
    assert "Epochs" in call("explain", "/model/train/epochs", "--task", "text-classification").stdout
    assert "Threads" in call("explain", "compute.threads").stdout, "the same in every task"
    assert "TS305" in call("explain").stdout
    assert json.loads(call("explain", "--schema", "--task", "text-classification").stdout)["title"] == "trainer.yaml"


@pytest.mark.parametrize("topic", ["objectives", "model.base", "model.train.epochs", "/serve/precision"])
def test_explain_asks_which_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, topic: str) -> None:
    """Outside a project, what differs from task to task is not answered for one of them."""
    monkeypatch.chdir(tmp_path)
    result = call("explain", topic)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "depends on the task; add `--task`, one of: anomaly-detection, " in result.stderr


def test_explain_takes_the_task_of_the_spec_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good_text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trainer.yaml").write_text(good_text)
    assert call("explain", "objectives").stdout.startswith("objectives (text-classification): ")


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_explain_objectives_tells_every_metric_and_its_direction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line.split(None, 2) for line in call("explain", "objectives", "--task", task.name).stdout.splitlines()]
    listed = {words[0]: words[1:] for words in lines if words and words[0] in task.metrics}
    assert {name: words[0] for name, words in listed.items()} == {
        name: metric.better for name, metric in task.metrics.items()
    }
    for name, metric in task.metrics.items():
        assert listed[name][1].endswith((metric.description or metric.title).rstrip("."))


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_explain_model_base_tells_what_each_card_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    monkeypatch.chdir(tmp_path)
    said = call("explain", "model.base", "--task", task.name).stdout
    for card in task.cards.values():
        part = said.partition(f"  {card.id}: {card.title}")[2]
        assert card.licence in part
        assert f"{card.facts['latency.cpu'] * 1e3:.3g} ms (p95 of one request" in part  # type: ignore[operator]


def test_explain_model_base_tells_for_which_input_a_latency_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = call("explain", "model.base", "--task", "text-classification").stdout
    assert "latency     20.5 ms (p95 of one request at data.max_length = 128)" in said


def test_tasks_lists_those_of_the_organisation_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / ".trainerspec" / "templates"
    shutil.copytree(ROOT / "docs/example-task/templates/delivery-time", own / "delivery-time")
    (tmp_path / "parcels").mkdir()
    monkeypatch.chdir(tmp_path / "parcels")
    lines = call("tasks").stdout.splitlines()
    assert lines[0].split() == ["task", "in", "->", "out", "starts", "from"]
    assert [line.split()[0] for line in lines[1:]] == [*TASKS, "delivery-time"]
    listed = {one["task"]: one for one in json.loads(call("tasks", "--format", "json").stdout)}
    assert listed["text-classification"]["bases"] == list(TASKS["text-classification"].cards)
    assert call("explain", "objectives", "--task", "delivery-time").exit_code == 0, "explain finds it too"


@pytest.mark.parametrize("words", [["TS999"], ["model.trin"], ["--schema", "--task", "chess"]])
def test_explain_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("explain", *words).exit_code == 2


BINARY = """\
trainerspec: 1
name: desk
task: {{type: tabular-classification, labels: [{}]}}
data: {{source: rows.csv}}
objectives: [recall >= 90%]
"""


def test_check_asks_of_which_class_and_says_by_which_rule(tmp_path: Path) -> None:
    path = tmp_path / "trainer.yaml"
    path.write_text(BINARY.format("cat, dog"), encoding="utf-8")
    asked = call("check", str(path))
    assert asked.exit_code == 1
    assert "TS222 `recall >= 90%` does not say of which class: `cat` or `dog`" in asked.stdout
    path.write_text(BINARY.format("fraud, legit"), encoding="utf-8")
    told = call("check", str(path))
    assert told.exit_code == 0
    assert "positive class: `fraud` (it is a word for what is looked for, and `legit` is none)" in told.stdout


def test_a_project_that_was_built_keeps_the_class_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "trainer.yaml").write_text(BINARY.format("fraud, legit"), encoding="utf-8")
    built = "labels: [fraud, legit]\nobjectives:\n- {text: recall >= 90%, metric: recall}\n"
    (tmp_path / "params.yaml").write_text(built, encoding="utf-8")
    result = call("check", str(tmp_path))
    assert result.exit_code == 0
    assert "TS222" in result.stdout
    assert "counts the class `legit`, as in the last build" in result.stdout
