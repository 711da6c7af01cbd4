"""Between draft and refusal: a draft that is held until a person answers with name and reason."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft, judge
from trainerspec.drafting.draft import words_of
from trainerspec.drafting.intent.classifier import Intent
from trainerspec.drafting.weigh import HARMFUL, HARMFUL_SHORT, HARMLESS, harm, nearest
from trainerspec.ir.draft import Draft, Request
from trainerspec.ir.source import Source
from trainerspec.language.printer import print_spec
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate

KNOWN = tasks()


def held(made: Draft) -> list[str]:
    return [one.path for one in made.held]


def codes(made: Draft) -> list[str]:
    assert made.spec is not None
    document = parse(Source(name="trainer.yaml", text=print_spec(made.spec))).value
    assert document is not None
    return [one.code for one in validate(document, KNOWN).diagnostics if one.severity == "error"]


def intent(harm: float, task: str = "text-classification", share: float = 0.9, length: int = 500) -> Intent:
    return Intent(harm=harm, task=task, share=share, shares={task: share}, length=length)


def test_a_rule_alone_and_the_classifier_alone_ask() -> None:
    words = words_of({})
    assert harm("", intent(HARMFUL - 0.01), words) is None
    assert harm("", intent(HARMFUL), words) is not None
    assert harm("stalking", intent(HARMLESS), words) is None
    asked = harm("stalking", intent(HARMLESS - 0.01), words)
    assert asked is not None
    assert asked.path == "/policy"
    assert "stalking" in asked.question


def test_a_few_words_more_change_little_of_what_is_held() -> None:
    words, between = words_of({}), (HARMFUL + HARMFUL_SHORT) / 2
    held = [harm("", intent(between, length=length), words) is not None for length in (60, 90, 134, 136, 180)]
    assert held == [False, False, False, True, True]


def test_the_nearest_task_is_the_vocabulary_s_or_the_classifier_s() -> None:
    words = next(one for one in words_of({}).tasks if one.name == "keypoint-detection")
    assert nearest(words, intent(0.9), frozenset(KNOWN)) == words.nearest
    assert nearest(words, intent(0.9), frozenset(["text-classification"])) == "text-classification"


HELD = "A regression on the voice stress of captives to tune how hard we press them, stress.csv, column broke"


@pytest.fixture(scope="module")
def suspect() -> Draft:
    made = draft(Request(text=HELD), KNOWN)
    if made.outcome == "rejected":
        pytest.fail("the policy names this surely now; choose another example")
    return made


def test_what_reads_like_harm_is_held_not_drafted(suspect: Draft) -> None:
    assert (suspect.outcome, held(suspect)[:1]) == ("held", ["/policy"])
    assert suspect.spec is not None
    assert suspect.spec["held"] == [{"about": one.path, "question": one.question} for one in suspect.held]
    assert set(codes(suspect)) == {"TS225"}


def test_name_and_reason_of_a_person_let_it_go_on(suspect: Draft) -> None:
    made = suspect
    for question in suspect.held:
        assert judge(made, question, "", "because I say so") == made
        assert judge(made, question, "Ada Lovelace", "") == made
        made = judge(made, question, "Ada Lovelace", "a bank warns its customers; calls are not stored")
    assert (made.outcome, made.held) == ("draft", ())
    assert "TS225" not in codes(made)


def test_an_organisations_own_rule_refuses_whatever_a_classifier_says(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "refusals.yaml").write_text(
        "rules:\n  - {id: no-birds, code: TS035, category: unethical, rule: no birds, any: {en: [birds]}}\n"
    )
    made = draft(Request(text="Classify photos of birds by species"), KNOWN, organisation=tmp_path)
    assert (made.outcome, [one.message for one in made.reasons]) == ("rejected", ["no birds (rule `no-birds`)"])


@pytest.mark.parametrize(
    "text",
    [
        "haal namen en adressen uit brieven",
        "写真から花の種類を当てる",
        "распределить обращения граждан по темам",
    ],
)
def test_what_the_rules_do_not_know_is_asked_about_not_refused(text: str) -> None:
    made = draft(Request(text=text), KNOWN)
    assert made.outcome == "held"
    assert held(made) == ["/task/type"]
