"""Candidates compete: each has features, each feature a weight; shares are a softmax over them and `none of these`.

The weights are learnt by intent/rank.py and ship in grammar/ranker.bin.
"""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from trainerspec import assets

NAME = "ranker.bin"
MOST_KEPT = 100_000
"""Features whose weight is kept at hand."""
Features = Sequence[str]


class Ranker:
    """The weights of one kind of candidates, by the digest of a feature."""

    def __init__(self, weights: Mapping[int, float]) -> None:
        self._weights = weights
        self._seen: dict[str, float] = {}

    def shares(self, candidates: Sequence[Features]) -> list[float]:
        """Return how likely each candidate is the one that is meant; what is missing to 1 is for none of them."""
        if len(self._seen) > MOST_KEPT:
            self._seen.clear()
        seen = self._seen
        for one in {one for features in candidates for one in features if one not in seen}:
            seen[one] = self._weights.get(crc32(one.encode()), 0.0)
        scores = [sum(map(seen.__getitem__, features)) for features in candidates]
        top = max(0.0, *scores) if scores else 0.0
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers) + math.exp(-top)
        return [power / total for power in powers]


@cache
def rankers(path: Path | None = None) -> Mapping[str, Ranker]:
    """Load the weights that ship, or those of a file: a line of JSON (name, count and scale of each), digests, weights.

    Digests are 32-bit little-endian numbers, weights a byte each.
    """
    content = (path or assets.folder("grammar") / NAME).read_bytes()
    head, _, body = content.partition(b"\n")
    found, at = {}, 0
    for name, count, scale in json.loads(head):
        digests, weights = array("I", body[at : at + 4 * count]), array("b", body[at + 4 * count : at + 5 * count])
        found[name] = Ranker({digest: weight * scale for digest, weight in zip(digests, weights, strict=True)})
        at += 5 * count
    return found
