"""SOPs: what ships is sound; a user's own win; a broken one is told before anything runs."""

import textwrap
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Stopped
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import slot_context
from trainerspec.procedures.sops import sops


def write(folder: Path, text: str, name: str = "mine.yaml") -> None:
    (folder / name).write_text(textwrap.dedent(text))


@pytest.mark.parametrize("task", tasks().values(), ids=lambda task: str(task.name))
def test_every_slot_of_every_task_has_one_step_after_what_it_needs(task: object) -> None:
    from trainerspec.catalog.model import Task

    assert isinstance(task, Task)
    outcome = sops().steps(task)
    assert outcome.value is not None, outcome.diagnostics
    order = [step.slot for step in outcome.value]
    assert sorted(order) == sorted(task.slots)
    for step in outcome.value:
        before = order[: order.index(step.slot)]
        assert all(need in before for need in step.needs if need in task.slots)


def test_digests_name_every_file() -> None:
    shipped = sops()
    assert shipped.digests.keys() == {*shipped.by_id, "licences"}
    assert all(len(one) == 64 for one in shipped.digests.values())


@pytest.mark.parametrize(
    ("names", "strategy", "wanted"),
    [
        ("cat, dog, horse", "from-scratch", ["flip", "affine"]),
        ("0, 1, 2, 9", "from-scratch", ["affine"]),
        ("eight, five, Four", "from-scratch", ["affine"]),
        ("digit_0, digit_1", "fine-tune", ["crop", "colour"]),
        ("turn left, turn right, stop", "from-scratch", ["affine"]),
        ("A, B, C", "frozen-features", []),
        ("one-humped, two-humped", "from-scratch", ["flip", "affine"]),
        ("bright, dark", "frozen-features", ["flip"]),
    ],
)
def test_pictures_whose_mirror_picture_is_another_class_are_not_flipped(
    names: str, strategy: str, wanted: list[str]
) -> None:
    task = tasks()["image-classification"]
    steps = sops().steps(task).value
    assert steps is not None
    step = next(one for one in steps if one.slot == "data.augment")
    env = {"facts.labels.names": names, "facts.image.channels": 1, "model.train.strategy": strategy}
    choice = Rules().fill(slot_context(step, task.slots[step.slot], env, ())).value
    assert choice is not None
    assert choice.value == wanted


def test_proposals_are_kept_for_revise() -> None:
    found = sops().proposals(tasks()["text-classification"])
    first = next(one for one in found if "failure.oom" in one.on)
    assert list(first.propose) == ["model.train.accumulate"]


def test_a_users_sop_wins_by_id_and_by_slot(tmp_path: Path) -> None:
    write(tmp_path, "allowed: [GPL-3.0-only]", "licences.yaml")
    write(
        tmp_path,
        """
        sop: ours/seed
        agent: model
        steps:
          - {decide: model.train.seed, ask: Which?, rules: [{choose: 42, because: ours}]}
        """,
    )
    found = sops(tmp_path)
    steps = found.steps(tasks()["text-classification"]).value
    assert steps is not None
    assert {step.slot: step.id for step in steps}["model.train.seed"] == "ours/seed#1"
    assert found.licences.allowed == ("GPL-3.0-only",)
    assert found.digests["ours/seed"] != ""


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{decide: data.augment, ask: a, rules: [{when: 'facts.rows >', choose: none, because: b}]}", "ends too early"),
        ("{decide: data.augment, ask: a, rules: [{when: facts.rows > 1, choose: none, because: b}]}", "`needs`"),
        ("{decide: data.augment, ask: a, rules: [{choose: none, because: '{facts.rows} rows'}]}", "`needs`"),
        ("{decide: data.augment, ask: a, rules: [{when: maxx(1) > 2, choose: none, because: b}]}", "maxx"),
    ],
)
def test_a_broken_step_is_told_with_its_file(step: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, f"sop: ours/mine\nagent: data\nsteps:\n  - {step}\n")
    with pytest.raises(Stopped) as stopped:
        sops(tmp_path)
    problem = stopped.value.diagnostics[0]
    assert problem.code == "TS551"
    assert words in problem.message + problem.hint
    assert problem.file.endswith("mine.yaml")


def test_two_steps_for_one_slot_are_an_error(tmp_path: Path) -> None:
    step = "{decide: data.augment, ask: a, rules: [{choose: none, because: b}]}"
    write(tmp_path, f"sop: ours/mine\nagent: data\nsteps: [{step}, {step}]\n")
    outcome = sops(tmp_path).steps(tasks()["text-classification"])
    assert "is decided by `ours/mine#1` and by `ours/mine#2`" in outcome.diagnostics[0].message


def test_a_cycle_is_an_error(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        sop: ours/mine
        agent: model
        steps:
          - decide: model.train.seed
            needs: [model.train.warmup]
            ask: a
            rules: [{choose: 1, because: b}]
          - decide: model.train.warmup
            needs: [model.train.seed]
            ask: a
            rules: [{choose: 0.1, because: b}]
        """,
    )
    outcome = sops(tmp_path).steps(tasks()["text-classification"])
    assert [one.code for one in outcome.diagnostics] == ["TS552"]
    assert "`model.train.seed` -> `model.train.warmup`" in outcome.diagnostics[0].message


def test_the_example_in_the_docs_decides(tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "docs" / "sops.md"
    example = path.read_text().partition("```yaml\n")[2].partition("```")[0]
    write(tmp_path, example)
    steps = sops(tmp_path).steps(tasks()["text-classification"]).value
    assert steps is not None
    assert {step.slot: step.id for step in steps}["data.max_length"] == "acme/text-length#1"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("licences.yaml", "allowed: MIT", "`allowed` is to be a list"),
        ("mine.yaml", "steps: []", "'sop' is a required property"),
        ("mine.yaml", "- [", "cannot read the file"),
        ("mine.yaml", "sop: ours/mine\nagent: cook\nsteps: []", "'cook' is not one of"),
    ],
)
def test_a_file_of_a_user_that_is_no_sop_is_told(name: str, text: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, text, name)
    with pytest.raises(Stopped) as stopped:
        sops(tmp_path)
    assert {one.code for one in stopped.value.diagnostics} == {"TS551"}
    assert any(words in one.message for one in stopped.value.diagnostics)


def test_the_users_sop_wins_over_the_tasks_own_which_wins_over_the_shared_one(tmp_path: Path) -> None:
    step = "decide: model.train.seed, ask: Why?, rules: [{{choose: 1, because: x}}]"
    text = f"sop: {{name}}\nagent: model\nsteps: [{{{{{step}}}}}]\n"
    beside = tmp_path / "templates" / "text-classification" / "sops"
    other = tmp_path / "templates" / "visual-grounding" / "sops"
    for folder in (beside, other, tmp_path / "sops"):
        folder.mkdir(parents=True)
    (beside / "seed.yaml").write_text(text.format(name="beside"))
    (other / "seed.yaml").write_text(text.format(name="other"))

    def decides(extra: Path | None, templates: Path | None) -> str:
        steps = sops(extra, templates).steps(tasks()["text-classification"]).value
        assert steps is not None
        return next(step.sop for step in steps if step.slot == "model.train.seed")

    assert decides(None, None) == "model/training"
    assert decides(None, tmp_path / "templates") == "beside"
    (tmp_path / "sops" / "seed.yaml").write_text(text.format(name="mine"))
    assert decides(tmp_path / "sops", tmp_path / "templates") == "mine"
