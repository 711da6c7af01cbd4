"""Texts of any form and length are read in time that grows with their length."""

import time

import pytest

from trainerspec.drafting import draft
from trainerspec.drafting.fields.findings import MOST_READ
from trainerspec.ir.draft import Draft, Request

SEVEN = frozenset(["text-classification", "tabular-classification"])
LONG = 100_000


def drafted(text: str) -> Draft:
    return draft(Request(text=text), {}, known=SEVEN)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a/",
            "a_",
            "a.",
            "1",
            "1,",
            "\"'",
            "\n",
            " ",
            "分类",
            "word ",
            "1 ",
            "one ",
            "one in ",
            "class 1 ",
            "a (",
            "in a/b ",
            "red, ",
            "red or ",
            "Data ",
            "ninety ",
        ),
        *("select a ", "column a, ", "95 % accuracy ", "predict the ", "We sell tea in town, and have reviews of it. "),
    ],
)
def test_any_text_is_read_in_a_second(unit: str) -> None:
    drafted("Classify mails.csv")
    start = time.process_time()
    made = drafted("Classify the mails in mails.csv by topic. " + unit * (LONG // len(unit)))
    assert time.process_time() - start < 3  # a second of a core of its own; tests share theirs
    assert all(one.quote in f"Classify the mails in mails.csv by topic. {unit * LONG}" for one in made.evidence)


def test_what_was_not_read_is_told() -> None:
    request = "Classify the mails in mails.csv by topic. " + "We sell tea. " * MOST_READ
    asked = {one.path: one.question for one in drafted(request).questions}
    assert f"first {MOST_READ:,} of {len(request):,} characters" in asked["/request"]
    assert "/request" not in {one.path for one in drafted(request[:MOST_READ]).questions}
