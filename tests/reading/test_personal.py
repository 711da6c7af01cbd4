"""Personal data: what is masked, what is left as it is, and that it takes no longer than the text is long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainerspec.reading.values import personal

FOUND = [
    ("Ada.Lovelace+x@mail.post.co.uk", "email"),
    ("DE89 3704 0044 0532 0130 00", "iban"),
    ("GB29NWBK60161331926819", "iban"),
    ("FR1420041010050500013M02606", "iban"),
    ("4111 1111 1111 1111", "card"),
    ("5500-0000-0000-0004", "card"),
    ("378282246310005", "card"),
    ("+49 30 901820", "phone"),
    ("+1 (212) 555-0123", "phone"),
    ("0044 20 7946 0958", "phone"),
    ("030 / 901820", "phone"),
    ("(030) 90 18 20", "phone"),
    ("212-555-0123", "phone"),
]
LEFT = [
    "order 1234567", "2023-01-31", "31.12.2023", "03/16/2023 14:30", "3.141592653", "1,250.00 EUR", "10.0.0.1",
    "DE88 3704 0044 0532 0130 00", "4111 1111 1111 1112", "@ada on the 5th", "a@b", "ISO 9001:2015", "1 000 000",
    "version 2.13.0", "00:00:00", "0 1 2 3 4 5 6 7", "2 x 500 g", "[email]", "ABCD 1234 EFGH",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_what_is_personal_is_masked(text: str, kind: str) -> None:
    assert personal.masked(f"It is {text}, thanks.") == f"It is [{kind}], thanks."
    others = [one for one in personal.KINDS if one != kind]
    assert personal.masked(f"It is {text}.", [one for one in others if one != "phone"]) == f"It is {text}."


@pytest.mark.parametrize("text", LEFT)
def test_what_is_not_personal_stays(text: str) -> None:
    assert personal.masked(f"See {text}; done") == f"See {text}; done"


def test_one_behind_the_other_is_masked_and_behind_another_number_none() -> None:
    assert personal.masked("+49 30 901820 +49 30 901820") == "[phone] [phone]"
    assert personal.masked("row 17 030 / 901820") == "row 17 030 / 901820"


def test_words_after_an_account_stay() -> None:
    assert personal.masked("DE89 3704 0044 0532 0130 00 BANK OF X") == "[iban] BANK OF X"


pieces = st.sampled_from([*(text for text, _ in FOUND), *LEFT, "+", "0", "@", " ", "-", "(", "A"])


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces | st.text(max_size=4), max_size=6).map(" ".join))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = personal.masked(text)
    assert personal.masked(once) == once


@pytest.mark.parametrize("unit", ["a", "1", "1 ", "a.", "+1 ", "A1", "4 ", "AB12 ", "a@", "(0", "a@b."])
def test_a_long_text_takes_no_longer_than_it_is_long(unit: str) -> None:
    started = time.process_time()
    personal.masked(unit * 100_000)
    assert time.process_time() - started < 3
