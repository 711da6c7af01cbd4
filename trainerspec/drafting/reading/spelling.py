"""Misspelt words of the vocabulary are read as what they stand for; the quote keeps the request's spelling."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

LONG = re.compile(r"(?<![\w¤./@#-])[a-z]{6,30}(?![\w/@])")
GLUED = re.compile(r"(?<!\w)(at)(least|most)(?!\w)")


def repair(text: Text, vocabulary: Vocabulary) -> Text:
    """Replace long words that are one slip away from a word of the vocabulary, and from no other."""
    text = text.rewrite(GLUED, lambda match: f"{match[1]} {match[2]}")
    index = _index(vocabulary.spelling)
    return text.rewrite(LONG, lambda match: _nearest(match.group(), vocabulary, index))


def _nearest(word: str, vocabulary: Vocabulary, index: Mapping[str, frozenset[str]]) -> str | None:
    """Return the one word that differs by a letter dropped, added, changed or swapped with its neighbour."""
    known = vocabulary.spelling
    if (
        word in known
        or word.startswith(vocabulary.stems)
        or any(word.startswith(stem) or stem.startswith(word) for stem in _sharing(word, index))
    ):
        return None
    near = {one for key in _keys(word) for one in index.get(key, ()) if _one_slip(word, one)}
    return near.pop() if len(near) == 1 else None


def _sharing(word: str, index: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return index.get("^" + word[:5], frozenset())


def _keys(word: str) -> set[str]:
    return {word} | {word[:at] + word[at + 1 :] for at in range(1, len(word))}


@cache
def _index(known: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Map each word with one letter left out (never the first) to the words it comes from."""
    index: dict[str, set[str]] = defaultdict(set)
    for word in known:
        index["^" + word[:5]].add(word)
        for key in _keys(word):
            index[key].add(word)
    return {key: frozenset(words) for key, words in index.items()}


def _one_slip(word: str, other: str) -> bool:
    if word[0] != other[0] or abs(len(word) - len(other)) > 1:
        return False
    if len(word) == len(other):
        differ = [at for at in range(len(word)) if word[at] != other[at]]
        swapped = (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and word[differ[0]] == other[differ[1]]
            and word[differ[1]] == other[differ[0]]
        )
        return len(differ) == 1 or swapped
    longer, shorter = (word, other) if len(word) > len(other) else (other, word)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
