"""A search is repeatable, goes on after a kill as if nothing had been, and tries what slots declare."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import needs
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Tried
from trainerspec.running.tuning.families import Family
from trainerspec.running.tuning.space import Dimension, dimensions, narrowed
from trainerspec.running.tuning.trial import Broken, Outcome, Pruned, settings

if TYPE_CHECKING:
    from trainerspec.running.tuning.study import Plan

needs.packages("optuna")
TASK = tasks(Path("none"))["tabular-classification"]
VALUES: dict[str, Json] = {
    "model.train.strategy": "boosted-trees",
    "model.train.leaves": 31,
    "model.train.learning_rate": 0.08,
    "model.train.batch_size": 64,
}
Judge = Callable[[int, float], bool]
Ran = list[tuple[Mapping[str, object], float | None, str]]


def space(wanted: Mapping[str, Tried] | None = None) -> tuple[Dimension, ...]:
    return dimensions(TASK.slots, VALUES, (), wanted or {})


def family(name: str, dimensions: tuple[Dimension, ...], values: Mapping[str, Json] | None = None) -> Family:
    return Family(name=name, values=values or {}, params=b"a: 1\n", folder=Path(), space=dimensions)


TREES = family("boosted-trees", space())
NETWORK = family("table-network", space()[:1], {"model.base": "table-network"})


def bowl(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
    """Score a trial: best at 12 leaves and a rate of 0.03; a network is better by 1."""
    rate, leaves = values["model.train.learning_rate"], values.get("model.train.leaves", 12)
    assert isinstance(rate, float)
    assert isinstance(leaves, int)
    score = (rate - 0.03) ** 2 + ((leaves - 12) / 100) ** 2 - (built is NETWORK)
    for step in range(1, 8):
        if not judge(step, score + 1 / step):
            raise Pruned
    return Outcome(score=score, metric="log_loss", seconds=0.1)


def plan(trials: int, *families: Family, **more: str) -> "Plan":
    from trainerspec.running.tuning.study import Plan

    about = {"better": "lower", "metric": "log_loss", "seconds": None, "seed": 3}
    return Plan(name="s", families=families or (TREES,), trials=trials, **about, **more)  # type: ignore[arg-type]


def searched(folder: Path, wanted: "Plan", run: object = bowl) -> Ran:
    from trainerspec.running.tuning.study import search

    folder.mkdir(exist_ok=True)
    study = search(folder, wanted, run, lambda _: None)  # type: ignore[arg-type]
    return [(one.params, one.value, one.state.name) for one in study.trials]


def test_the_space_is_what_slots_declare_and_what_matters_here() -> None:
    found = {one.slot: one for one in space()}
    assert set(found) == {"model.train.leaves", "model.train.learning_rate"}, "trees read no batch size"
    assert found["model.train.leaves"].whole
    stated = dimensions(TASK.slots, VALUES, ["model.train.leaves"], {})
    assert [one.slot for one in stated] == ["model.train.learning_rate"]
    wanted = narrowed(["model.train.leaves=8..16"], TASK)
    assert str(dimensions(TASK.slots, VALUES, ["model.train.leaves"], wanted)[1]) == (
        "model.train.leaves: 8 to 16, logarithmic"
    )
    network = {**VALUES, "model.train.strategy": "network"}
    chosen = dimensions(TASK.slots, network, (), narrowed(["model.train.batch_size=16,32"], TASK))
    batch = next(one for one in chosen if one.slot == "model.train.batch_size")
    assert batch.search.choices == (64, 16, 32), "what is built is among them"


@pytest.mark.parametrize(
    "text",
    [
        "model.train.leafs=4..8",
        "model.train.leaves=8..4",
        "model.train.leaves=many",
        "model.train.leaves=1..9",
        "serve.max_batch_size=8,16",
        "model.base=resnet",
        "model.train.learning_rate=0..0.1",
    ],
)
def test_values_that_cannot_be_tried_are_told(text: str) -> None:
    with pytest.raises(Stopped) as stopped:
        narrowed([text], TASK)
    assert stopped.value.diagnostics[0].code == "TS847"


def test_the_first_trials_are_what_is_decided_and_the_same_seed_gives_the_same_trials(tmp_path: Path) -> None:
    one, other = searched(tmp_path / "a", plan(14)), searched(tmp_path / "b", plan(14))
    assert one == other
    assert one[0][0] == {"model.train.leaves": 31, "model.train.learning_rate": 0.08}
    scores = [score for _, score, _ in one if score is not None]
    assert min(scores) < scores[0]


def test_bases_are_compared_each_with_settings_of_its_own(tmp_path: Path) -> None:
    from trainerspec.running.tuning.choosing import winner
    from trainerspec.running.tuning.study import FAMILY, search, taken

    wanted = plan(14, TREES, NETWORK)
    study = search(tmp_path, wanted, bowl, lambda _: None)
    assert [one.user_attrs[FAMILY] for one in study.trials[:2]] == ["boosted-trees", "table-network"], (
        "as decided, first"
    )
    assert "model.train.leaves (boosted-trees)" in study.trials[0].params
    assert taken(study.best_trial, wanted) is NETWORK
    best = winner(study, wanted)
    assert best is not None
    assert best["model.base"] == "table-network"
    assert "model.train.leaves" not in best, "a network has none"


def test_a_base_without_settings_is_tried_once(tmp_path: Path) -> None:
    from trainerspec.running.tuning.choosing import winner
    from trainerspec.running.tuning.study import search, taken

    linear = family("linear", (), {"model.base": "linear"})

    def run(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        return (
            Outcome(score=-5, metric="log_loss", seconds=0.1) if built is linear else bowl(number, built, values, judge)
        )

    wanted = plan(12, TREES, linear)
    study = search(tmp_path / "a", wanted, run, lambda _: None)
    assert [taken(one, wanted).name for one in study.trials].count("linear") == 1
    assert len(study.trials) == 12
    assert winner(study, wanted) == {"model.base": "linear"}
    assert len(search(tmp_path / "b", plan(12, linear), run, lambda _: None).trials) == 1, (
        "there is nothing else to try"
    )


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_killed_and_resumed_it_is_the_same_study(tmp_path: Path, sampler: str, pruner: str) -> None:
    def killed(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number == 9:
            judge(1, 0.5)
            raise KeyboardInterrupt
        return bowl(number, built, values, judge)

    wanted = plan(12, TREES, NETWORK, sampler=sampler, pruner=pruner)
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "cut", wanted, killed)
    assert searched(tmp_path / "cut", wanted) == searched(tmp_path / "whole", wanted)


def test_a_trial_that_falls_behind_ends_early(tmp_path: Path) -> None:
    def falling(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number < 10:
            return bowl(number, built, values, judge)
        steps = [step for step in range(1, 8) if not judge(step, 9.0)]
        assert steps[0] == 3, "two scores are heard first"
        raise Pruned

    states = [state for *_, state in searched(tmp_path, plan(11), falling)]
    assert states[-1] == "PRUNED"
    ended = searched(tmp_path / "none", plan(10, pruner="none"), bowl)
    assert {state for *_, state in ended} == {"COMPLETE"}


def test_a_trial_that_fails_is_told_and_the_search_goes_on(tmp_path: Path) -> None:
    def failing(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        if number == 1:
            raise Broken("TS834 out of memory")
        return bowl(number, built, values, judge)

    found = searched(tmp_path, plan(4), failing)
    assert [state for *_, state in found] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


def test_a_trial_changes_its_own_settings_alone() -> None:
    before = b"name: x\nmodel:\n  train:\n    leaves: 31\n    seed: 7\n"
    changed = settings(before, {"model.train.leaves": 12})
    assert b"leaves: 12\n" in changed
    assert b"seed: 7" in changed


def test_the_report_tells_trials_and_draws_which_settings_mattered(tmp_path: Path) -> None:
    from trainerspec.running.tuning import report
    from trainerspec.running.tuning.study import search

    wanted = plan(14, TREES, NETWORK)
    page = report.write(tmp_path, search(tmp_path, wanted, bowl, lambda _: None), wanted).read_text()
    assert page.count("<table>") == 2
    assert "Score of each trial" in page
    assert page.count("class='best'") == 1


def folded(lead: float, noise: float) -> Callable[..., Outcome]:
    """Return what scores a trial by five folds: ahead of the first by `lead`, and more or less by `noise` in each."""

    def run(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        scores = [1 + 0.3 * fold - (number > 0) * (lead + noise * (fold - 2)) for fold in range(5)]
        means = [sum(scores[:count]) / count for count in range(1, 6)]
        for step, mean in enumerate(means, start=1):
            judge(step, mean)
        return Outcome(score=means[-1], metric="log_loss", seconds=0.1)

    return run


@pytest.mark.parametrize(("lead", "noise", "taken"), [(0.05, 0.01, True), (0.05, 0.1, False), (-0.05, 0.01, False)])
def test_a_lead_within_the_noise_of_the_folds_is_not_taken(
    tmp_path: Path, lead: float, noise: float, taken: bool
) -> None:
    from trainerspec.running.tuning.choosing import chosen, winner
    from trainerspec.running.tuning.leads import folds
    from trainerspec.running.tuning.study import search

    wanted = replace(plan(6, pruner="none"), folds=5)
    study = search(tmp_path, wanted, folded(lead, noise), lambda _: None)
    assert folds(study.trials[0]) == pytest.approx([1, 1.3, 1.6, 1.9, 2.2])
    trial = chosen(study, wanted)
    assert trial is not None
    assert (trial.number > 0) == taken
    assert bool(winner(study, wanted)) == taken, "what is built is no change"


def test_a_base_that_is_far_behind_gets_no_more_trials(tmp_path: Path) -> None:
    from trainerspec.running.tuning.study import search, taken

    def run(number: int, built: Family, values: Mapping[str, Json], judge: Judge) -> Outcome:
        return folded(0.5 * (built is NETWORK), 0.01)(1, built, values, judge)

    wanted = replace(plan(8, TREES, NETWORK, pruner="none"), folds=5)
    study = search(tmp_path, wanted, run, lambda _: None)
    assert [taken(one, wanted).name for one in study.trials] == ["boosted-trees", *["table-network"] * 7]
