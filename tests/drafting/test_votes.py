"""The votes of both readers: what they were learnt from, and what they are worth where neither had seen a suite."""

import json

import pytest

from intent.votes import TARGET, decided, is_right, learn, rows
from trainerspec.catalog.load import tasks
from trainerspec.drafting import votes
from trainerspec.drafting.draft import ballot_of, draft, words_of
from trainerspec.drafting.intent.classifier import IMPOSSIBLE, NO_MODEL
from trainerspec.ir.draft import Request

OWN = frozenset(tasks())


def test_the_weights_that_ship_are_those_that_are_learnt() -> None:
    shipped = json.loads(TARGET.read_text("utf-8"))
    learnt = learn(rows())
    assert learnt.keys() == shipped.keys()
    assert all(abs(learnt[name] - shipped[name]) < 1e-2 for name in learnt)


def test_on_a_suite_that_neither_side_had_seen_votes_are_right_more_often_than_thresholds() -> None:
    weights = learn([one for one in rows() if one.suite != "batch-13"])
    some = [one for one in rows() if one.suite == "batch-13" and not one.refused]
    thresholds = sum(is_right(one, one.ballot.opinion, OWN) for one in some)
    assert sum(is_right(one, decided(one, weights), OWN) for one in some) >= thresholds + 4


@pytest.mark.parametrize("text", ["", "????", "classify mails.csv", "写真から花の種類を当てる", "x" * 500])
def test_shares_are_shares(text: str) -> None:
    found = votes.shares(ballot_of(text, tasks()), words_of(tasks()).tasks, OWN)
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert {NO_MODEL, IMPOSSIBLE} <= found.keys()


def test_a_word_of_another_task_does_not_turn_a_plain_request_away() -> None:
    text = (
        "Our clerks get letters in Dutch, French and German. From letters.csv (body) I want the desk that each belongs "
        "to: permits, taxes, waste, other (column desk). Macro F1 at least 0.85, please; no translation is needed."
    )
    made = draft(Request(text=text), tasks())
    assert (made.outcome in ("draft", "held"), made.task) == (True, "text-classification")


def test_a_task_without_a_clear_majority_is_asked_about() -> None:
    made = draft(
        Request(text="pitches.csv (pitch_text; outcome = funded / declined). We want new pitches sorted like that."),
        tasks(),
    )
    assert [one.path for one in made.held] == ["/task/type"]


def test_columns_of_texts_are_no_pictures() -> None:
    cast = votes.Ballot(
        opinion="text-classification", length=99, shares={"image-classification": 0.6}, media={"text": 4}
    )
    assert "image-classification" not in votes.shares(cast, words_of(tasks()).tasks, OWN)
