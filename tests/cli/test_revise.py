"""revise on the command line: over results that are written by hand."""

import hashlib
import json
import subprocess

import pytest

from tests.cli.conftest import change
from tests.llm.server import serving
from tests.revising.test_llm_proposals import answer
from trainerspec.language import yaml

RESULTS = {
    "build/evaluation/validation.json": {"accuracy": 0.5, "accuracy.low": 0.4, "accuracy.high": 0.6, "macro_f1": 0.5},
    "build/benchmark.json": {"latency.p95": 0.001, "model.size": 500000, "device": "cpu"},
    "build/training.json": {"train.time": 2.0, "train.best": 0.5, "train.metric": "macro_f1", "key": "k"},
}
MAKERS = {"evaluate": "build/evaluation/validation.json", "benchmark": "build/benchmark.json"}


def results(folder, **accuracy: float) -> None:
    """Write what a run leaves, and a dvc.lock that fits it."""
    stages = {}
    for path, values in RESULTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(values | (accuracy if "validation" in path else {})))
    curves = folder / "build" / "plots" / "train"
    curves.mkdir(parents=True, exist_ok=True)
    (curves / "score.csv").write_text("step,macro_f1\n2,0.3\n4,0.4\n6,0.5\n")
    (curves / "loss.csv").write_text("step,loss\n2,1.1\n4,0.8\n6,0.6\n")
    for stage, path in MAKERS.items():
        digest = hashlib.md5((folder / path).read_bytes(), usedforsecurity=False).hexdigest()
        stages[stage] = {"cmd": "python", "outs": [{"path": path, "hash": "md5", "md5": digest}]}
    train = yaml.load((folder / "params.yaml").read_bytes())["model"]["train"]
    stages["train"] = {"cmd": "python", "params": {"params.yaml": {"model.train": train}}}
    (folder / "dvc.lock").write_bytes(yaml.dump({"schema": "2.0", "stages": stages}))


@pytest.fixture
def ran(project, trainerspec):
    """Return a project that was built, and whose run missed the accuracy."""
    assert trainerspec("build")[0] == 0
    results(project)
    return project


def git(folder, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_patch_is_shown_with_its_reason_and_nothing_is_written(ran, trainerspec):
    before = (ran / "trainer.yaml").read_text()
    status, out, _ = trainerspec("revise")
    assert status == 0
    assert "missed: `accuracy >= 60%`, measured 50.0%, 10.0 points off" in out
    assert "underfitting" in out
    assert "model.train.epochs 3 -> 12" in out
    assert "this changes what trainer.yaml states" in out
    assert "-  train: {epochs: 3, batch_size: 16, learning_rate: 0.01}" in out
    assert "accuracy >= 60%" in out
    assert (ran / "trainer.yaml").read_text() == before


def test_apply_writes_it_and_it_builds(ran, trainerspec):
    assert trainerspec("revise", "--apply")[0] == 0
    assert "epochs: 12" in (ran / "trainer.yaml").read_text()
    assert trainerspec("build")[0] == 0
    assert trainerspec("revise")[0] == 1  # the results are of the spec before


def test_json_is_one_object(ran, trainerspec):
    status, out, errors = trainerspec("revise", "--format", "json")
    assert status == 0
    told = json.loads(out)
    assert told["changes"][0]["slot"] == "model.train.epochs"
    assert told["missed"][0]["metric"] == "accuracy"
    assert "nothing was written" in errors


def test_a_branch_holds_spec_and_project_and_the_working_tree_stays(ran, trainerspec):
    git(ran, "init", "--quiet")
    git(ran, "add", "--all")
    git(ran, "commit", "--quiet", "-m", "first")
    (ran / "trainer.yaml").touch()
    head = git(ran, "rev-parse", "HEAD")
    status, out, _ = trainerspec("revise", "--branch", "more-epochs")
    assert status == 0
    assert "branch `more-epochs`" in out
    assert git(ran, "rev-parse", "HEAD") == head
    assert git(ran, "status", "--porcelain") == ""
    changed = git(ran, "diff", "--name-only", "HEAD", "more-epochs").split()
    assert {"trainer.yaml", "trainer.lock", "params.yaml"} <= set(changed)
    assert "epochs: 12" in git(ran, "show", "more-epochs:params.yaml")
    assert "underfitting" in git(ran, "log", "-1", "--format=%B", "more-epochs")
    status, _, errors = trainerspec("revise", "--branch", "more-epochs")
    assert status == 1
    assert "TS843" in errors


def test_met_objectives_need_no_patch(ran, trainerspec):
    results(ran, accuracy=0.9)
    assert trainerspec("revise")[:2] == (0, "all objectives are met on the validation split: nothing to revise\n")


def test_a_gate_that_failed_on_the_test_split_alone_is_told_not_tuned(ran, trainerspec):
    results(ran, accuracy=0.9)
    (ran / "metrics.json").write_text(json.dumps({"validation.accuracy": 0.9, "validation.macro_f1": 0.5}))
    (ran / "gate.json").write_text(json.dumps({"verdict": "fail", "objectives": []}))
    status, _, errors = trainerspec("revise")
    assert status == 1
    assert "the gate failed on the test split alone" in errors


def test_a_failure_is_mended_whatever_older_results_say(ran, trainerspec):
    told = {"stage": "train", "code": "TS834", "message": "out of memory on the host", "evidence": {"failure": "oom"}}
    (ran / "failure.json").write_text(json.dumps(told))
    status, out, _ = trainerspec("revise")
    assert status == 0
    assert "failed: train: TS834 out of memory on the host" in out
    assert "model.train.accumulate 1 -> 2" in out


def test_a_killed_stage_is_taken_for_out_of_memory(ran, trainerspec):
    (ran / "work").mkdir()
    log = "Running stage 'train':\nERROR: failed to reproduce 'train': failed to run: python, exited with -9\n"
    (ran / "work" / "run.log").write_text(log)
    assert "model.train.accumulate 1 -> 2" in trainerspec("revise")[1]


def test_a_failure_that_no_rule_mends_is_out_of_reach(ran, trainerspec):
    told = {"stage": "prepare", "code": "TS822", "message": "no row is left", "evidence": {}}
    (ran / "failure.json").write_text(json.dumps(told))
    status, _, errors = trainerspec("revise")
    assert status == 1
    assert "TS842" in errors
    assert "more data is needed" in errors


def test_results_of_something_else_are_refused(ran, trainerspec):
    (ran / "build/evaluation/validation.json").write_text(json.dumps({"accuracy": 0.99}))
    assert "is not what the last run made" in trainerspec("revise")[2]
    results(ran)
    change(ran, "epochs: 3", "epochs: 4")
    assert "TS841" in trainerspec("revise")[2]


def test_nothing_measured_is_told(project, trainerspec):
    assert "TS840" in trainerspec("revise")[2]
    assert trainerspec("build")[0] == 0
    assert "TS840" in trainerspec("revise")[2]


def test_an_own_step_comes_first(ran, trainerspec):
    own = ran / ".trainerspec" / "sops"
    own.mkdir()
    (own / "ours.yaml").write_text(
        "sop: ours/revise\nagent: model\nsteps:\n"
        "  - {on: objective.accuracy, propose: {model.train.dropout: 0.4}, because: ours}\n"
    )
    assert "ours [ours/revise#1]: model.train.dropout 0.3 -> 0.4" in trainerspec("revise")[1]


def test_rounds_are_remembered(ran, trainerspec):
    trainerspec("revise")
    history = json.loads((ran / ".trainerspec" / "agents" / "history.json").read_text())
    assert [one["proposed"] for one in history["rounds"]] == [{"model.train.epochs": 12}]
    assert trainerspec("revise")[0] == 0
    assert len(json.loads((ran / ".trainerspec/agents/history.json").read_text())["rounds"]) == 1


def test_a_language_model_proposes_and_its_transcript_replays(ran, trainerspec, monkeypatch):
    with serving(answer({"model.train.dropout": {"value": 0.1, "because": "0.5 is far off"}})) as script:
        monkeypatch.setenv("OPENAI_BASE_URL", script.url)
        status, out, _ = trainerspec("revise", "--llm", "auto")
    assert status == 0
    assert "0.5 is far off [openai:scripted-1]: model.train.dropout 0.3 -> 0.1" in out
    assert trainerspec("revise", "--replay", ".trainerspec/agents/revise.jsonl")[1] == out


def test_without_the_language_model_the_rules_propose_and_say_so(ran, trainerspec, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    status, out, errors = trainerspec("revise", "--replay", "nowhere.jsonl")
    assert status == 0
    assert "model.train.epochs 3 -> 12" in out
    assert "the rules proposed alone: openai:replay gave no usable answer" in errors
