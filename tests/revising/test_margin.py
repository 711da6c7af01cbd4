"""A bound is aimed at with a margin before the test split is spent, beside the simple models on the same rows."""

from dataclasses import replace

from tests.revising.case import anything, made
from trainerspec.revising.auto import bounds, reached
from trainerspec.revising.revise import revise
from trainerspec.revising.revision import Case
from trainerspec.revising.rounds import Limits, Next, State, Turn

LIMITS = Limits(rounds=3, seconds=60)


def accurate(value: float, low: float, **more: float) -> Case:
    return made(measured={"accuracy": value, "accuracy.low": low, "accuracy.high": 0.99, **more})


def test_a_lucky_round_is_met_narrowly() -> None:
    lucky = accurate(0.908, 0.871)  # of 240 rows
    objectives = lucky.spec.objectives
    assert not lucky.evidence.missed(objectives)
    assert [one.objective.metric for one in lucky.evidence.narrow(objectives)] == ["accuracy"]
    assert not accurate(0.95, 0.92).evidence.narrow(objectives)
    assert not accurate(0.85, 0.80).evidence.narrow(objectives), "it is missed, which is said elsewhere"


def test_latency_has_no_margin_of_rows() -> None:
    case = accurate(0.95, 0.93, **{"latency.p95": 0.0099, "latency.p95.high": 0.02})
    assert not case.evidence.narrow(case.spec.objectives)


def test_a_further_round_aims_higher() -> None:
    case = accurate(0.908, 0.871)
    assert not revise(case, anything).changes
    assert revise(replace(case, aim=True), anything).slots == {"model.train.epochs": 20}


def test_a_missed_bound_counts_more_than_a_narrow_one() -> None:
    narrow, missed, sure = accurate(0.905, 0.85), accurate(0.899, 0.87), accurate(0.95, 0.93)
    assert sure.worth(sure.now) < narrow.worth(narrow.now) < missed.worth(missed.now)


def turn(number: int, outcome: str, *gap: float) -> Turn:
    return Turn(number=number, text=str(number), outcome=outcome, gap=gap)


def test_rounds_go_on_until_the_bound_is_met_beyond_doubt() -> None:
    narrow = turn(1, "narrow", 0, 0, 0, 0.02)
    assert not State(turns=(narrow,), next=Next(text="2")).over(LIMITS)
    assert State(turns=(narrow,)).over(LIMITS), "there is no idea left"
    assert State(turns=(turn(1, "met", 0, 0, 0, 0),), next=Next(text="2")).over(LIMITS)


def test_a_narrow_round_is_taken_where_nothing_is_better() -> None:
    state = State(turns=(turn(1, "narrow", 0, 0, 0, 0.02), turn(2, "missed", 0, 1, 0.1, 0)))
    assert state.nearest is state.turns[0]
    assert state.reached
    assert "the test split may miss them" in reached(state)
    assert not State(turns=(turn(1, "missed", 0, 1, 0.1, 0),)).reached


def test_settings_are_searched_once_where_the_rules_have_no_idea_and_time_is_left() -> None:
    missed = replace(turn(1, "missed", 0, 1, 0.1, 0), learnable=True)
    limits = Limits(rounds=3, seconds=600)
    assert State(turns=(missed,)).stuck(limits)
    assert not State(turns=(missed,), searched=True).stuck(limits)
    assert not State(turns=(missed,), next=Next(text="2")).stuck(limits), "the rules go first"
    assert not State(turns=(missed,), spent=580).stuck(limits), "no time is left"
    assert not State(turns=(replace(missed, learnable=False),)).stuck(limits), "settings do not mend latency"
    assert not State(turns=(missed,)).stuck(Limits(rounds=1, seconds=600))


def test_a_simple_model_that_meets_the_bound_is_told() -> None:
    case = accurate(0.88, 0.85, **{"baseline.tfidf.accuracy": 0.94, "baseline.trivial.accuracy": 0.5})
    models = case.evidence.baselines()
    assert bounds(case, models["tfidf"]) == (("accuracy >= 90%", "94.0%", True),)
    assert bounds(case, models["trivial"]) == (("accuracy >= 90%", "50.0%", False),)
    told = turn(1, "met", 0, 0, 0, 0)
    beside = (("tfidf", bounds(case, models["tfidf"])), ("trivial", bounds(case, models["trivial"])))
    assert "`tfidf` meets them too" in reached(State(turns=(replace(told, beside=beside),)))


def test_what_was_missed_beside_other_programs_is_measured_again() -> None:
    busy = made(measured={"latency.p95": 0.02, "latency.p95.wall": 0.05, "latency.p95.best": 0.018})
    assert [one.objective.metric for one in busy.crowded] == ["latency.p95"]
    assert not made(measured={"latency.p95": 0.02}).crowded
