"""Misspelt words of the vocabulary are read as what they stand for; the quote keeps the request's spelling."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeAlias

from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

LONG = re.compile(r"(?<![\w¤./@#-])[a-z]{6,30}(?![\w/@])")
Alike: TypeAlias = Mapping[str, Mapping[int, Sequence[str]]]
"""Words by first letter and length."""
GLUED = re.compile(r"(?<!\w)(at)(least|most)(?!\w)")


def repair(text: Text, vocabulary: Vocabulary) -> Text:
    """Replace long words that are one slip away from a word of the vocabulary, and from no other."""
    text = text.rewrite(GLUED, lambda match: f"{match[1]} {match[2]}")
    alike = _alike(vocabulary.spelling)
    return text.rewrite(LONG, lambda match: _nearest(match.group(), vocabulary, alike))


def _nearest(word: str, vocabulary: Vocabulary, alike: Alike) -> str | None:
    """Return the one word that differs by a letter dropped, added, changed or swapped with its neighbour."""
    if word in vocabulary.spelling or word.startswith(vocabulary.stems):
        return None
    same = alike.get(word[0], {})
    if any(
        one[:5] == word[:5] and (word.startswith(one) or one.startswith(word)) for some in same.values() for one in some
    ):
        return None
    lengths = (len(word) - 1, len(word), len(word) + 1)
    near = [one for length in lengths for one in same.get(length, ()) if _one_slip(word, one)]
    return near[0] if len(near) == 1 else None


@cache
def _alike(known: frozenset[str]) -> Alike:
    """Sort words by their first letter, which a slip never changes, and their length."""
    alike: dict[str, dict[int, list[str]]] = {}
    for word in sorted(known):
        alike.setdefault(word[0], {}).setdefault(len(word), []).append(word)
    return alike


def _one_slip(word: str, other: str) -> bool:
    """Tell whether one slip makes one of two words of the other, whose lengths differ by one at most."""
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
