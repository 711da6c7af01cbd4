"""What the intent classifier sees of a text: hashed words and parts of words, and the pieces of known words."""

import itertools
import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

BUCKETS = 1 << 15
"""Rows of the hashed table."""
SIZES = (2, 3, 4, 5)
"""Letters of the parts of words that are hashed."""
LONGEST = 40
"""Letters of a word that are looked at; longer runs, as scripts without blanks write them, are cut into such pieces."""
MOST = 2000
"""Words that are looked at; of a longer text the first ones."""
_WORD = re.compile(rf"\w{{1,{LONGEST}}}")
_NUMBER = re.compile(r"\d+")
_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；।])\s*|\n+")


@dataclass(frozen=True, slots=True)
class Features:
    hashed: list[int]
    """Rows of the hashed table, one for each feature."""
    pieces: list[int]
    """Rows of the table of word pieces; empty for a script that it does not know."""


def words(text: str) -> list[str]:
    """Split a text into words in lower case; all numbers look the same.

    >>> words("Sort 900 mails, 95% right")
    ['sort', '0', 'mails', '0', 'right']
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    return _WORD.findall(_NUMBER.sub("0", plain))[:MOST]


def sentences(text: str) -> list[str]:
    """Cut a text at the ends of its sentences and lines.

    >>> sentences("Sort our mails. Thanks!")
    ['Sort our mails.', 'Thanks!']
    """
    return [one for one in _END.split(text) if one.strip()]


def features(text: str, vocabulary: Mapping[str, int]) -> Features:
    """Return the rows of both tables for a text; `vocabulary` maps word pieces to theirs."""
    each = [of_sentence(one, vocabulary) for one in sentences(text)]
    return Features(
        hashed=[row for one in each for row in one.hashed], pieces=[row for one in each for row in one.pieces]
    )


def of_sentence(text: str, vocabulary: Mapping[str, int]) -> Features:
    """Return the rows for one sentence; pairs of words never reach across its end, so that order does not count."""
    found = words(text)
    hashed: list[int] = []
    pieces: list[int] = []
    for word in found:
        hashed += parts(word)
        pieces += wordpieces(word, vocabulary)
    hashed += [_bucket(f"b{a} {b}") for a, b in itertools.pairwise(found)]
    hashed += [_bucket(f"s{a} {b}") for a, b in zip(found, found[2:], strict=False)]
    return Features(hashed=hashed, pieces=pieces)


@lru_cache(maxsize=4096)
def parts(word: str) -> tuple[int, ...]:
    """Return the buckets of a word and of its parts, with its ends marked."""
    marked = f"<{word}>"
    cut = [marked[at : at + size] for size in SIZES for at in range(len(marked) - size + 1)]
    return tuple(_bucket(one) for one in (f"w{word}", *cut))


def wordpieces(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    """Return the longest pieces of a word that the vocabulary knows, from the left; none when a rest is unknown.

    >>> wordpieces("resold", {"re": 0, "##sold": 1}), wordpieces("rx", {"re": 0})
    ([0, 1], [])
    """
    found: list[int] = []
    start = 0
    while start < len(word):
        lead = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if lead + word[start:end] in vocabulary), start)
        if end == start:
            return []
        found.append(vocabulary[lead + word[start:end]])
        start = end
    return found


def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) % BUCKETS
