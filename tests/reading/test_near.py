"""Near duplicates are found exactly: the same pairs as comparing every text with every other one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from trainerspec.reading import near

words = st.lists(st.sampled_from(list("abcdef")), max_size=9).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | words, max_size=14), st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]))
def test_the_pairs_are_those_of_comparing_all(texts: list[str | None], least: float) -> None:
    found = near.pairs(texts, least)
    sets = [near.runs(text) if text is not None else frozenset() for text in texts]
    first = [sets.index(one) for one in sets]
    wanted = []
    for high, one in enumerate(sets):
        if one and first[high] != high:
            wanted.append((first[high], high, 1.0))
            continue
        for low in range(high):
            shared = len(one & sets[low])
            if first[low] == low and shared and shared / len(one | sets[low]) >= least:
                wanted.append((low, high, shared / len(one | sets[low])))
    assert found == sorted(wanted)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | words, max_size=12))
def test_what_stays_has_no_near_duplicate_and_what_goes_has_one(texts: list[str | None]) -> None:
    gone = near.repeated(texts)
    kept = [text for text, one in zip(texts, gone, strict=True) if not one]
    assert near.pairs(kept) == []
    assert all(text is not None for text, one in zip(texts, gone, strict=True) if one)


def test_a_text_that_equals_one_that_went_goes_too() -> None:
    texts = ["a b c d e f g h i j", "a b c d e f g h i j k", "A b c d e f g h i j k"]
    assert near.repeated(texts) == [False, True, True]
