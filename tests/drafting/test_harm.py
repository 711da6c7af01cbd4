"""Harm by the words of a text: parts of a text add up, and weights are what was learnt."""

import pytest

from trainerspec.drafting.intent.classifier import classifier
from trainerspec.drafting.intent.features import sentences
from trainerspec.drafting.intent.harm import Sums, harm

HARMFUL = "Rank the tenants who will not dare to complain, so that we can raise their rent first."
WELCOME = "Rank the boilers that will fail next month, so that we can repair them first."


def test_sums_of_sentences_add_up() -> None:
    known = harm()
    each = [known.sums(one) for one in sentences(f"{HARMFUL} {WELCOME}")]
    total = sum(each, Sums())
    assert known.odds(total - each[1]) == pytest.approx(known.odds(each[0]))
    assert known.odds(Sums()) == known.bias


def test_words_tell_harm_from_help() -> None:
    read = classifier().read
    assert read(HARMFUL).harm > max(0.5, read(WELCOME).harm + 0.2)


@pytest.mark.parametrize("text", ["", "\ud800", "x" * 10_000, "写真から花の種類を当てる", "???"])
def test_any_text_is_read(text: str) -> None:
    assert 0 <= classifier().read(text).harm <= 1
