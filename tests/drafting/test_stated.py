"""What is stated is what was said, by kind; floors are what the drafter reached when these requests were last read."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.drafting import stated
from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.drafting.assisting.edits import faults
from trainerspec.ir.draft import Request

FLOORS = {
    "bounds": 16,
    "impossible": 21,
    "pictures": 3,
    "exclusions": 18,
    "settings": 10,
    "places": 8,
    "targets": 12,
    "languages": 20,
    "labels": 26,
    "columns": 37,
    "class-bounds": 28,
    "wordings": 34,
    "voices": 30,
    "named-targets": 27,
    "prose-labels": 23,
    "many-bounds": 29,
    "no-model": 32,
    "places-and-settings": 14,
    "unheld": 12,
    "idle": 20,
    "columns-of-series": 6,
    "untouched-columns": 5,
    "named-in-passing": 6,
    "names-are-no-task": 3,
    "classes-in-sentences": 7,
    "figures-in-words": 4,
    "turned-bounds": 10,
    "odd-rows-and-boxes": 17,
}
EXCUSED = defaultdict(lambda: "nothing", TS204="/objectives/", TS215="/model/base", TS202="/data/source/connection")
"""What `check` says of a place that the draft asks about."""


@pytest.mark.parametrize("kind", FLOORS)
def test_what_is_stated_is_what_was_said(kind: str) -> None:
    wrong = {row["request"]: found for row in stated.kinds()[kind] if (found := stated.faults(row))}
    assert len(stated.kinds()[kind]) - len(wrong) >= FLOORS[kind], wrong


def test_every_kind_has_a_floor() -> None:
    assert stated.kinds().keys() == FLOORS.keys()


@pytest.mark.parametrize("kind", FLOORS)
def test_quotes_are_verbatim_and_check_takes_what_is_drafted(kind: str) -> None:
    for row in stated.kinds()[kind]:
        made = stated.drafted(row["request"])
        assert all(one.quote in row["request"] for one in made.evidence)
        asked = {one.path for one in made.questions}
        if made.outcome == "draft" and made.spec is not None and "/data/source" not in asked:
            told = [one for one in faults(made.spec, tasks()) if not any(EXCUSED[one.code] in path for path in asked)]
            assert told == [], row["request"]


def test_a_column_that_is_ruled_out_is_left_out_of_data_in_sight(tmp_path: Path) -> None:
    rows = "".join(f"{number % 50},{'mf'[number % 2]},{number * 7 % 13},{number // 3 % 2}\n" for number in range(60))
    (tmp_path / "c.csv").write_text("age,sex,visits,churn\n" + rows, encoding="utf-8")
    request = Request(text="Predict churn from c.csv, target column churn. Do not use sex as an input.")
    made = draft(request, tasks(), folder=tmp_path)
    assert made.spec is not None
    assert stated.at(made.spec, "/data/columns") == ["age", "visits"]
    told = next(one for one in made.evidence if one.path == "/data/columns")
    assert "sex (ruled out by the request)" in told.why
    assert stated.at(made.spec, "/data/exclude") == ["sex"]


def test_an_excluded_column_that_the_data_does_not_have_is_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"{number % 50},{'mf'[number % 2]},{number // 3 % 2}\n" for number in range(60))
    (tmp_path / "c.csv").write_text("Age,Sex,churn\n" + rows, encoding="utf-8")
    request = Request(text="Predict churn from c.csv. Do not use sex and income as inputs.")
    made = draft(request, tasks(), folder=tmp_path)
    assert made.spec is not None
    assert stated.at(made.spec, "/data/exclude") == ["Sex"]
    (asked,) = [one.question for one in made.questions if one.path == "/data/exclude"]
    assert "`income`" in asked
    assert stated.at(made.spec, "/data/columns") == ["Age"]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("it must run on a GPU", ["`GPU`", "on gpu`"]),
        ("muss auf einer GPU laufen", ["`GPU`"]),
        ("debe funcionar en una GPU", ["`GPU`"]),
        ("必须在GPU上运行", ["`GPU`"]),
        ("it has to work on a Raspberry Pi", ["`Raspberry Pi`", "on raspberry-pi`"]),
        ("it runs on a CPU", []),
        ("it must not need a GPU", []),
        ("p95 below 20 ms, it runs on a GPU", []),
    ],
)
def test_a_device_to_serve_on_is_asked_about(said: str, asked: list[str]) -> None:
    made = stated.drafted(f"Classify the mails of mails.csv, column topic, {said}")
    questions = [one.question for one in made.questions if one.path == "/compute/train"]
    assert len(questions) == bool(asked)
    assert all(words in questions[0] for words in asked)
