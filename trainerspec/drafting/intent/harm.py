"""Whether a text means harm, by a linear model over its words, pairs of words and parts of words.

Learnt by intent/harm.py; the weights are grammar/harm.bin.
"""

import itertools
import json
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zlib import crc32

from trainerspec import assets
from trainerspec.drafting.intent.features import words

NAME = "harm.bin"
SIZES = (3, 4, 5)
"""Letters of the parts of words."""
MOST_KEPT = 20_000
"""Words whose weights are kept at hand."""


def pairs(said: Sequence[str]) -> Iterable[str]:
    """Return the features of neighbours.

    >>> list(pairs(["the", "old", "hen"]))
    ['bthe old', 'bold hen']
    """
    return (f"b{a} {b}" for a, b in itertools.pairwise(said))


def parts(word: str) -> list[str]:
    """Return the parts of a word, with its ends marked.

    >>> parts("hen")
    ['<he', 'hen', 'en>', '<hen', 'hen>', '<hen>']
    """
    marked = f"<{word}>"
    return [marked[at : at + size] for size in SIZES for at in range(len(marked) - size + 1)]


@dataclass(frozen=True, slots=True)
class Sums:
    """Weights of a stretch of text, added up, and how many features that were: words with pairs, and parts of words."""

    said: float = 0.0
    parts: float = 0.0
    count: int = 0
    count_parts: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.said + other.said,
            self.parts + other.parts,
            self.count + other.count,
            self.count_parts + other.count_parts,
        )

    def __sub__(self, other: "Sums") -> "Sums":
        return self + Sums(-other.said, -other.parts, -other.count, -other.count_parts)


@dataclass(frozen=True, kw_only=True)
class Harm:
    bias: float
    scale: float
    """Of a step of the weights."""
    weights: Mapping[int, int]
    """By the digest of a feature."""
    _seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def sums(self, sentence: str) -> Sums:
        """Add up the weights of a sentence; pairs of words never reach across its end, so that order does not count."""
        if len(self._seen) > MOST_KEPT:
            self._seen.clear()
        said = words(sentence)
        each = [self._word(word) for word in said]
        return Sums(
            sum(one[0] for one in each) + sum(map(self._weight, pairs(said))),
            sum(one[1] for one in each),
            len(said) + max(0, len(said) - 1),
            sum(one[2] for one in each),
        )

    def odds(self, sums: Sums) -> float:
        """Return the log odds of harm."""
        said = sums.said / math.sqrt(sums.count) if sums.count else 0.0
        inside = sums.parts / math.sqrt(sums.count_parts) if sums.count_parts else 0.0
        return (said + inside) * self.scale + self.bias

    def _word(self, word: str) -> tuple[int, int, int]:
        """Return the weight of a word, that of its parts, and their number."""
        found = self._seen.get(word)
        if found is None:
            marked = f"<{word}>"
            raw: Sequence[bytes]
            if marked.isascii():  # the same as `parts`, cut from bytes
                cut = marked.encode()
                raw = [cut[at : at + size] for size in SIZES for at in range(len(cut) - size + 1)]
            else:
                raw = [one.encode("utf-8", "surrogatepass") for one in parts(word)]
            weight = self.weights.get
            inside = sum([weight(crc32(one), 0) for one in raw])
            found = self._seen[word] = self._weight(f"w{word}"), inside, len(raw)
        return found

    def _weight(self, feature: str) -> int:
        return self.weights.get(crc32(feature.encode("utf-8", "surrogatepass")), 0)


@cache
def harm(path: Path | None = None) -> Harm:
    """Load the weights that ship, or those of a file.

    A line of JSON (`bias`, `scale`, `features`), digests as 32-bit little-endian numbers in order, and a byte for each
    weight.
    """
    content = (path or assets.folder("grammar") / NAME).read_bytes()
    head, _, body = content.partition(b"\n")
    about = json.loads(head)
    at = 4 * about["features"]
    weights = dict(zip(array("I", body[:at]), array("b", body[at:]), strict=True))
    return Harm(bias=about["bias"], scale=about["scale"], weights=weights)
