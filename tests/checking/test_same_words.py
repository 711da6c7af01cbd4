"""Texts that differ in punctuation alone are told by the quick checks."""

import polars as pl

from trainerspec.checking.subject import Roles, Subject
from trainerspec.checking.texts.texts import same_words


def found(texts: list[str]) -> list[str]:
    frame = pl.DataFrame({"text": texts})
    places = pl.Series([f"t.csv:{row + 2}" for row in range(len(texts))])
    subject = Subject(frame=frame, written=frame, places=places, roles=Roles(text="text"))
    return [one.message for one in same_words("text", frame["text"], subject)]


def test_texts_that_differ_in_punctuation_alone_are_told() -> None:
    texts = [
        copy for n in range(20) for copy in (f"the tap {n} drips", f"The tap {n} drips.", f"the  tap {n} drips !!")
    ]
    assert found(texts) == ["40 texts in `text` have the words of an earlier one, and differ in punctuation alone"]


def test_equal_texts_and_short_ones_are_not() -> None:
    assert found(["the tap drips", "The tap  drips", "ok", "OK!", "3.5 stars given", "35 stars given"]) == []
