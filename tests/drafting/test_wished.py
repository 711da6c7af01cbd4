"""Requests that name next to nothing are asked about, not refused; questions and errands are refused."""

import pytest

from tests.drafting import stated


@pytest.mark.parametrize(
    "text",
    [
        "make me a model for my bakery",
        "can you build us an AI for the library? there is data",
        "please classify my stuff, thanks",
        "Ich brauche eine KI für meinen Laden",
        "quiero una IA para mi tienda, tengo datos",
        "I keep a spreadsheet about our rowing club. Predict the important column please.",
    ],
)
def test_a_bare_wish_is_asked_about(text: str) -> None:
    made = stated.drafted(text)
    assert made.outcome == "held"
    assert "/task/type" in [one.path for one in made.held]
    assert "/data/source" in [one.path for one in made.questions]


@pytest.mark.parametrize(
    "text",
    [
        "How do I train a model in keras?",
        "Can you recommend a book on machine learning?",
        "I'd like to become a model, where do I start?",
        "Thanks, the model you built works great",
        "help me fix this: model.fit raises ValueError",
        "Wie trainiert man eigentlich eine KI?",
    ],
)
def test_a_question_is_refused(text: str) -> None:
    assert stated.drafted(text).outcome == "rejected"


def test_vague_words_name_no_target() -> None:
    made = stated.drafted("Use readings.csv and predict the important column.")
    assert stated.at(made.spec, "/task/outputs") is None
    assert any(one.path.startswith("/task/outputs") for one in made.questions)


def test_a_mean_of_times_is_asked_about_and_no_quantile_is_stated() -> None:
    text = "Sort tickets.csv (text, desk) into billing, sales and other, in 10 milliseconds on average, on the CPU."
    made = stated.drafted(text)
    assert not stated.at(made.spec, "/objectives")
    assert any(one.path == "/objectives" and "average" in one.question for one in made.questions)
