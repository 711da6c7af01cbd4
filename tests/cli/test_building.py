"""build, plan and diff on a small real project."""

import json
import re
import subprocess

import pytest

from tests.cli.conftest import change, tree
from trainerspec.cli.estimates import duration


def test_a_build_says_what_was_decided_and_written(project, trainerspec):
    status, out, errors = trainerspec("build")
    assert status == 0
    assert re.findall(r"TS\d+", errors) == ["TS232"], "the few rows of a test cannot show the bound"
    assert "31 of 31 decisions made" in out
    assert "serve.engine" in out
    assert "next: trainerspec run" in out
    status, out, _ = trainerspec("build")
    assert "all as before" in out
    assert "was up to date" in out
    change(project, "epochs: 3", "epochs: 4")
    _, out, _ = trainerspec("build")
    assert "1 of 31 decisions changed" in out
    assert "params.yaml" in out


def test_check_writes_nothing_and_names_what_differs(project, trainerspec):
    trainerspec("build")
    assert trainerspec("build", "--check")[0] == 0
    change(project, "epochs: 3", "epochs: 4")
    before = tree(project)
    status, _, errors = trainerspec("build", "--check")
    assert status == 1
    assert "TS708 `params.yaml` differs" in errors
    assert "pipeline/train.py" not in errors
    assert tree(project) == before


def test_a_frozen_build_needs_no_data_and_names_what_is_stale(project, trainerspec):
    status, _, errors = trainerspec("build", "--frozen")
    assert (status, "TS707" in errors) == (1, True)
    trainerspec("build")
    before = tree(project)
    (project / "notes").rename(project.parent / "elsewhere")
    (project / "dvc.yaml").unlink()
    assert trainerspec("build", "--frozen")[0] == 0
    assert tree(project) == before
    change(project, "epochs: 3", "epochs: 4")
    lock = project / "trainer.lock"
    lock.write_text(lock.read_text().replace("grammar: ", "grammar: other").replace("_shared: ", "_shared: other"))
    status, _, errors = trainerspec("build", "--frozen")
    assert status == 1
    for what in ("trainer.yaml: it says something else", "the grammar", "the template `_shared`"):
        assert what in errors
    assert tree(project)["params.yaml"] == before["params.yaml"]


def test_comments_do_not_make_a_lock_stale(project, trainerspec):
    trainerspec("build")
    change(project, "trainerspec: 1\n", "# ours\ntrainerspec: 1\n")
    assert trainerspec("build", "--frozen")[0] == 0


def test_a_custom_file_is_picked_and_a_frozen_build_notices_its_change(project, trainerspec):
    (project / "custom").mkdir()
    (project / "custom" / "cleaning.py").write_text("def clean(frame):\n    return frame\n")
    trainerspec("build")
    assert (project / "pipeline" / "task" / "cleaning.py").read_text().startswith("def clean(frame)")
    (project / "custom" / "cleaning.py").write_text("def clean(frame):\n    return frame.head(1)\n")
    status, _, errors = trainerspec("build", "--frozen")
    assert (status, "`custom/cleaning.py`" in errors) == (1, True)


def test_an_edit_stops_the_build_until_it_is_ejected(project, trainerspec):
    trainerspec("build")
    path = project / "pipeline" / "task" / "data.py"
    path.write_text(path.read_text() + "# mine\n")
    status, _, errors = trainerspec("build")
    assert status == 1
    assert "+# mine" in errors
    assert "TS702 `pipeline/task/data.py` was edited" in errors
    assert trainerspec("build", "--eject", "pipeline/task/data.py")[0] == 0
    assert (project / "custom" / "pipeline" / "task" / "data.py").read_text().endswith("# mine\n")
    assert trainerspec("build")[0] == 0
    assert path.read_text().endswith("# mine\n")


def test_json_and_github_tell_the_same(project, trainerspec):
    change(project, "accuracy >=", "acuracy >=")
    status, _, errors = trainerspec("build", "--format", "json")
    assert status == 1
    assert json.loads(errors)[0]["code"].startswith("TS")
    assert trainerspec("build", "--format", "github")[2].startswith("::error file=")


def test_plan_shows_decisions_and_candidates_and_writes_nothing(project, trainerspec):
    status, out, _ = trainerspec("plan")
    assert status == 0
    assert "model.base = scratch-cnn  (you: written in trainer.yaml)" in out
    assert "minilm-l6" in out
    assert "python -m pipeline.train" in out
    found = json.loads(trainerspec("plan", "--format", "json")[1])
    assert {"name", "objectives", "positive", "decisions", "estimate", "run", "spread", "stages", "checks"} == set(
        found
    )
    assert "estimate of serving, one core (from the card of `scratch-cnn`" in out
    assert found["estimate"]["batches"][0]["size"] == 1
    assert "estimate of a run, one core" in out
    assert found["run"]["training"] < found["run"]["total"]
    assert f"training    {duration(found['run']['training'])}" in out
    (base,) = [one for one in found["decisions"] if one["slot"] == "model.base"]
    assert {one["value"]: one["card"]["licence"] for one in base["candidates"]}["minilm-l6"] == "Apache-2.0"
    assert set(tree(project)) == {"trainer.yaml"}


def test_explain_tells_how_a_field_was_decided(project, trainerspec):
    trainerspec("build")
    status, out, _ = trainerspec("explain", "model.base")
    assert status == 0
    assert "Decided here: scratch-cnn (you: written in trainer.yaml)" in out


@pytest.fixture
def committed(project, trainerspec):
    trainerspec("build")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    return project


def test_diff_tells_fields_decisions_files_and_stages(committed, trainerspec):
    assert trainerspec("diff")[1] == "no difference\n"
    change(committed, "epochs: 3", "epochs: 4")
    status, out, _ = trainerspec("diff", "HEAD")
    assert status == 0
    assert "/model/train/epochs  3 -> 4" in out
    stages = out.partition("stages that run again")[2]
    assert "train      `model.train.epochs` changed" in stages
    assert "prepare" not in stages
    assert "package" in stages


def test_diff_writes_a_comment_for_a_pull_request(committed, trainerspec):
    assert trainerspec("diff", "--format", "markdown")[1] == "### tiny\n\nNo difference.\n"
    change(committed, "epochs: 3", "epochs: 4")
    status, out, _ = trainerspec("diff", "HEAD", "--format", "markdown")
    assert status == 0
    assert "| spec | before | after |\n| --- | --- | --- |\n| `/model/train/epochs` | `3` | `4` |\n" in out
    assert "| `train` | `model.train.epochs` changed |" in out
    assert "<summary>4 changed files</summary>" in out
    assert "- changed `params.yaml`" in out


def test_a_comment_takes_nothing_of_a_spec_as_markup(committed, trainerspec):
    change(committed, "Sort short notes into three classes", "Sort | <img src=x> `a` @everyone into three classes")
    row = next(line for line in trainerspec("diff", "--format", "markdown")[1].splitlines() if "/request" in line)
    assert row.endswith("| ``Sort \\| <img src=x> `a` @everyone into three classes`` |")


def test_diff_tells_a_mistake_in_the_form_that_is_asked_for(committed, trainerspec):
    change(committed, "epochs: 3", "epocs: 3")
    assert json.loads(trainerspec("diff", "--format", "json")[2])[0]["code"] == "TS201"
    assert "TS201" in trainerspec("diff", "--format", "markdown")[2]


def test_a_changed_bound_runs_the_gate_and_what_follows(committed, trainerspec):
    change(committed, "accuracy >= 60%", "accuracy >= 50%")
    found = json.loads(trainerspec("diff", "--format", "json")[1])
    assert set(found["stages"]) == {"gate", "package"}


def test_diff_needs_something_to_compare_with(project, trainerspec):
    status, _, errors = trainerspec("diff", "v9")
    assert (status, "TS809" in errors) == (1, True)


def test_doctor_looks_at_versions_and_weights(trainerspec):
    status, out, _ = trainerspec("doctor")
    assert status in (0, 1)
    assert "weights of minilm-l6" in out
    assert "dvc" in out
