"""Finds texts that are nearly the same: those that share most runs of three words, whatever case and punctuation."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

RUN = 3
"""Words of a run (a shingle, Broder 1997); shorter texts are one run."""
SIMILAR = 0.8
"""Share of the runs of two texts that both have (Jaccard) from which on they are nearly the same."""
WORD = re.compile(r"\w+")


def runs(text: str) -> frozenset[str]:
    """Return the runs of a text.

    >>> sorted(runs("The cat sat, DOWN")), runs("No!"), runs(" ... ")
    (['cat sat down', 'the cat sat'], frozenset({'no'}), frozenset())
    """
    words = WORD.findall(text.casefold())
    if len(words) < RUN:
        return frozenset([" ".join(words)] if words else [])
    return frozenset(" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def pairs(texts: Sequence[str | None], least: float = SIMILAR) -> list[tuple[int, int, float]]:
    """Return the places of texts that are alike by `least` or more, and how much; in the order of places.

    Exact, by prefix filtering (Bayardo, Ma, Srikant 2007, https://doi.org/10.1145/1242572.1242591): two sets that share
    the wanted part share one of the rarest elements. Of texts with equal runs each is paired with the first alone.

    >>> pairs(["a b c d e", "A, b c d e!", "f g h", None, "a b c d x"])
    [(0, 1, 1.0)]
    """
    first: dict[frozenset[str], int] = {}
    found: list[tuple[int, int, float]] = []
    for place, text in enumerate(texts):
        one = runs(text) if text is not None else frozenset()
        if one and (before := first.setdefault(one, place)) != place:
            found.append((before, place, 1.0))
    counts = Counter(run for one in first for run in one)
    rank = {run: place for place, run in enumerate(sorted(counts, key=lambda run: (counts[run], run)))}
    sets = sorted(((frozenset(rank[run] for run in one), place) for one, place in first.items()), key=_size)
    index: dict[int, list[int]] = defaultdict(list)
    for number, (ranked, place) in enumerate(sets):
        prefix = sorted(ranked)[: len(ranked) - _needed(len(ranked), least) + 1]
        near = {other for run in prefix for other in index[run] if len(sets[other][0]) >= least * len(ranked) - 1e-9}
        for other in near:
            shared = len(ranked & sets[other][0])
            share = shared / (len(ranked) + len(sets[other][0]) - shared)
            if share >= least:
                low, high = sorted((place, sets[other][1]))
                found.append((low, high, share))
        for run in prefix:
            index[run].append(number)
    return sorted(found)


def _size(one: tuple[frozenset[int], int]) -> tuple[int, int]:
    return len(one[0]), one[1]


def _needed(size: int, least: float) -> int:
    """Return how many elements a set of this size shares at least with one that it is alike to."""
    return max(1, math.ceil(least * size - 1e-9))


def repeated(texts: Sequence[str | None], least: float = SIMILAR) -> list[bool]:
    """Tell which texts are nearly the same as an earlier one that stays; of equal ones the first may stay alone.

    >>> repeated(["one two three", "ONE two three", "four"])
    [False, True, False]
    """
    earlier: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for low, high, share in pairs(texts, least):
        earlier[high].append((low, share))
    gone = [False] * len(texts)
    for place in sorted(earlier):
        gone[place] = any(share == 1 or not gone[other] for other, share in earlier[place])
    return gone
