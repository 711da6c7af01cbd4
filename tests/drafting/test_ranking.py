"""The ranking that was learnt: what competes, what the weights say, and what stays the rules' word."""

import time

import pytest

from intent.rank import Row, learn, of_lists, of_names
from trainerspec import assets
from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.drafting.draft import words_of
from trainerspec.drafting.fields.known import names_of
from trainerspec.drafting.ranking import lists, names
from trainerspec.drafting.ranking.ranker import NAME, Ranker
from trainerspec.drafting.ranking.tokens import tokens
from trainerspec.ir.draft import Request

NEW = [
    (
        "Whoever signs off a kiln run leaves the result in kiln_ok (1 fine, 0 broken). runs.parquet, rest is inputs.",
        "kiln_ok",
    ),
    ("Bee scales: scale.csv has stamp, hive, grams. How heavy will each hive be in the coming week?", "grams"),
    ("Guess how long a repair takes; repairs.csv, the truth is in bench_minutes. Mean error under 6.", "bench_minutes"),
]
LISTS = [
    ("Letters go to print, web or bin, by what they say: letters.csv, letter_text and desk.", ["print", "web", "bin"]),
    ("Chaque planche est saine, fendue ou tachée ; photos dans planches/.", ["saine", "fendue", "tachée"]),
    ("Is the seal intact / torn / missing? photos in seals/", ["intact", "torn", "missing"]),
]


@pytest.mark.parametrize(("request_", "target"), NEW, ids=[target for _, target in NEW])
def test_targets_of_sentences_that_no_rule_was_written_for(request_: str, target: str) -> None:
    made = draft(Request(text=request_), tasks())
    assert made.spec is not None
    assert list(made.spec["task"]["outputs"].values()) == [target]


@pytest.mark.parametrize(("request_", "labels"), LISTS, ids=[labels[0] for _, labels in LISTS])
def test_classes_of_sentences_that_no_rule_was_written_for(request_: str, labels: list[str]) -> None:
    made = draft(Request(text=request_), tasks())
    assert made.spec is not None
    assert made.spec["task"]["labels"] == labels
    assert all(one.quote in request_ for one in made.evidence)


def test_a_name_that_is_ruled_out_does_not_compete() -> None:
    known = names_of(words_of(tasks()))
    text = tokens("predict churn_flag from plan_name, MAE 3, fp16, sex_code")
    found = {one.name for one in names.ranked(text, known, frozenset({"sex_code"}))}
    assert {"churn_flag", "plan_name"} <= found
    assert not {"sex_code", "MAE", "fp16"} & found


def test_shares_leave_a_rest_for_none() -> None:
    ranker = Ranker({})
    assert ranker.shares([["a"], ["b"]]) == pytest.approx([1 / 3, 1 / 3])
    assert ranker.shares([]) == []


def test_weights_are_small_and_a_long_text_takes_no_longer_than_it_may() -> None:
    assert (assets.folder("grammar") / NAME).stat().st_size < 200_000
    known = names_of(words_of(tasks()))
    text = tokens("red, green or blue and " * 2_000)
    started = time.process_time()
    names.ranked(text, known, frozenset())
    lists.ranked(text, known)
    assert time.process_time() - started < 1


def test_learning_prefers_what_is_right() -> None:
    rows = [
        Row(suite="a", request=f"Predict {name} from the rest, {one} or {other}.", target=name, labels=(one, other))
        for name, one, other in (("t_a", "up", "down"), ("t_b", "in", "out"), ("t_c", "left", "right"))
    ]
    for examples in (of_names(rows), of_lists(rows)):
        weights = learn(examples, 0.1)
        for example in examples:
            scores = [sum(weights.get(name, 0.0) for name in features) for features in example.features]
            assert max(range(len(scores)), key=scores.__getitem__) in example.right
