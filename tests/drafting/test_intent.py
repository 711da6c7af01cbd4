"""The intent classifier: what it sees, what it costs, and what it was trained on."""

import random
import time

from intent.compose import HARM, IMPOSSIBLE, NO_MODEL, composed, written
from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import words_of
from trainerspec.drafting.intent.classifier import classifier
from trainerspec.drafting.intent.features import LONGEST, features, sentences, words

LABELS = {HARM, NO_MODEL, IMPOSSIBLE}
LANGUAGES = {"en", "de", "es", "fr", "zh", "hi", "it", "pt", "ja", "ko", "ru", "nl"}


def test_every_written_request_has_a_known_label_and_language_and_is_written_once() -> None:
    lines = written()
    known = LABELS | {one.name for one in words_of(tasks()).tasks}
    assert {label for label, _, _ in lines} <= known
    assert {language for _, language, _ in lines} == LANGUAGES
    without_words = {name for name, task in tasks().items() if "names" not in task.hints}  # the others bring their own
    assert without_words <= {label for label, _, _ in lines}
    assert len({(language, wish) for _, language, wish in lines}) == len(lines)


def test_there_are_thousands_and_they_are_always_the_same() -> None:
    made = list(composed())
    assert len({one.text for one in made}) > 5000
    assert made == list(composed())
    assert not any("[" in one.text or "{}" in one.text or "{n}" in one.text for one in made)


def test_order_and_case_of_sentences_do_not_count() -> None:
    known = classifier().vocabulary
    one, other = "Sort our mails. They lie in mails.csv.", "THEY lie in mails.csv. Sort our mails."
    assert sorted(features(one, known).hashed) == sorted(features(other, known).hashed)
    assert classifier().read(one).harm == classifier().read(other).harm


def test_any_text_is_read() -> None:
    chance = random.Random(0)
    for text in (
        "",
        " ",
        "\ud800",
        "a" * 100_000,
        "。。。",
        *("".join(chance.choices("a. \n字\u0301\U0001f600", k=50)),),
    ):
        found = classifier().read(text)
        assert 0 <= found.harm <= 1
        assert abs(sum(found.shares.values()) - 1) < 1e-6
    assert max(map(len, words("x" * 1000))) == LONGEST
    assert sentences("") == []


def test_time_is_linear_and_small() -> None:
    text = "Tell ripe from unripe bananas by photo. The pictures lie in data/bananas, one folder a class. "
    read = classifier().read
    read(text)
    start = time.process_time()
    for _ in range(20):
        read(text + str(_))
    assert (time.process_time() - start) / 20 < 0.006
    start = time.process_time()
    read(text * 1000)
    assert time.process_time() - start < 1.0
