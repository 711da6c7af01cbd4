"""A search is repeatable, goes on after a kill as if nothing had been, and tries what slots declare."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import needs
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.json import Json
from trainerspec.running.tuning.space import Dimension, dimensions
from trainerspec.running.tuning.trial import Broken, Outcome, Pruned, settings

needs.packages("optuna")
TASK = tasks(Path("none"))["tabular-classification"]
VALUES: dict[str, Json] = {
    "model.train.strategy": "boosted-trees",
    "model.train.leaves": 31,
    "model.train.learning_rate": 0.08,
    "model.train.batch_size": 64,
}
Judge = Callable[[int, float], bool]


def space() -> tuple[Dimension, ...]:
    return dimensions(TASK.slots, VALUES, ())


def bowl(number: int, values: Mapping[str, Json], judge: Judge) -> Outcome:
    """Score a trial: best at 12 leaves and a rate of 0.03."""
    rate, leaves = values["model.train.learning_rate"], values["model.train.leaves"]
    assert isinstance(rate, float)
    assert isinstance(leaves, int)
    score = (rate - 0.03) ** 2 + ((leaves - 12) / 100) ** 2
    for step in range(1, 8):
        if not judge(step, score + 1 / step):
            raise Pruned
    return Outcome(score=score, metric="log_loss", seconds=0.1)


def plan(trials: int) -> object:
    from trainerspec.running.tuning.study import Plan

    return Plan(name="s", space=space(), better="lower", metric="log_loss", trials=trials, seconds=None, seed=3)


def searched(folder: Path, trials: int, run: object = bowl) -> list[tuple[Mapping[str, object], float | None, str]]:
    from trainerspec.running.tuning.study import finished, search

    study = search(folder, plan(trials), run, lambda _: None)  # type: ignore[arg-type]
    return [(one.params, one.value, one.state.name) for one in finished(study)]


def test_the_space_is_what_slots_declare_and_what_matters_here() -> None:
    found = {one.slot: one for one in space()}
    assert set(found) == {"model.train.leaves", "model.train.learning_rate"}, "trees read no batch size"
    assert found["model.train.leaves"].whole
    stated = dimensions(TASK.slots, VALUES, ["model.train.leaves"])
    assert [one.slot for one in stated] == ["model.train.learning_rate"]
    narrowed = dimensions(TASK.slots, VALUES, ["model.train.leaves"], ["model.train.leaves=8..16"])
    assert str(narrowed[1]) == "model.train.leaves: 8 to 16, logarithmic"
    chosen = dimensions(TASK.slots, VALUES, (), ["model.train.batch_size=16,32"])
    batch = next(one for one in chosen if one.slot == "model.train.batch_size")
    assert batch.search.choices == (64, 16, 32), "what is built is among them"


@pytest.mark.parametrize(
    "narrowed",
    ["model.train.leafs=4..8", "model.train.leaves=8..4", "model.train.leaves=many", "model.train.leaves=1..9"],
)
def test_values_that_cannot_be_tried_are_told(narrowed: str) -> None:
    with pytest.raises(Stopped) as stopped:
        dimensions(TASK.slots, VALUES, (), [narrowed])
    assert stopped.value.diagnostics[0].code == "TS847"


def test_the_first_trial_is_what_is_built_and_the_same_seed_gives_the_same_trials(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = searched(tmp_path / "a", 14), searched(tmp_path / "b", 14)
    assert one == other
    assert one[0][0] == {"model.train.leaves": 31, "model.train.learning_rate": 0.08}
    scores = [score for _, score, _ in one if score is not None]
    assert min(scores) < scores[0]


def test_a_trial_that_falls_behind_ends_early(tmp_path: Path) -> None:
    def falling(number: int, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number < 10:
            return bowl(number, values, judge)
        steps = [step for step in range(1, 8) if not judge(step, 9.0)]
        assert steps[0] == 3, "two scores are heard first"
        raise Pruned

    assert [state for *_, state in searched(tmp_path, 11, falling)] == [*["COMPLETE"] * 10, "PRUNED"]


def test_killed_and_resumed_it_is_the_same_study(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()

    def killed(number: int, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number == 9:
            judge(1, 0.5)
            raise KeyboardInterrupt
        return bowl(number, values, judge)

    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "cut", 12, killed)
    assert searched(tmp_path / "cut", 12) == searched(tmp_path / "whole", 12)


def test_a_trial_that_fails_is_told_and_the_search_goes_on(tmp_path: Path) -> None:
    def failing(number: int, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number == 1:
            raise Broken("TS834 out of memory")
        return bowl(number, values, judge)

    found = searched(tmp_path, 4, failing)
    assert [state for *_, state in found] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


def test_a_trial_changes_its_own_settings_alone(tmp_path: Path) -> None:
    before = b"name: x\nmodel:\n  train:\n    leaves: 31\n    seed: 7\n"
    (tmp_path / "params.yaml").write_bytes(before)
    assert b"leaves: 12\n" in settings(tmp_path, {"model.train.leaves": 12})
    assert b"seed: 7" in settings(tmp_path, {"model.train.leaves": 12})
    assert (tmp_path / "params.yaml").read_bytes() == before
