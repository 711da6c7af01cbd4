"""How far two samples may differ by chance: Pearson's chi-squared test of homogeneity, and how much really moved.

Both samples are samples, the reference too, so that a small one raises no alarm. Rows that come in groups vary more
than rows that do not: the statistic is divided by the reference's design effect (Rao and Scott 1981, the first order).
With very many rows any difference is beyond chance, so that an alarm also needs a share of the rows to have moved.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FALSE = 0.01
"""How likely a quiet month raises an alarm at all."""
ENOUGH = 50
"""Rows below which nothing is compared."""
EXPECTED = 5.0
"""Rows, or groups that rows vary like, that each bin must expect of each sample (Cochran 1954)."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How two samples differ."""

    moved: float
    """Share of the rows that would have to change their bin (total variation)."""
    chance: float
    """How likely a difference as large is by chance alone."""
    drift: float
    """Above 1: beyond chance, and more than the least share that matters moved."""


def compare(
    reference: Sequence[int], live: Sequence[int], *, least: float, tests: int, effect: float = 1.0
) -> Difference | None:
    """Compare counts by bin; None where there is too little to compare.

    `tests` is how many comparisons share the false alarms of a month, `effect` the design effect.

    >>> compare([500, 500], [480, 520], least=0.05, tests=10).drift < 1
    True
    >>> compare([500, 500], [200, 800], least=0.05, tests=10).drift > 1
    True
    """
    first, second = sum(reference), sum(live)
    if first < ENOUGH or second < ENOUGH:
        return None
    effect = max(1.0, effect)
    bins = pooled(reference, live, EXPECTED * effect)
    if len(bins) < 2:
        return None
    total = first + second
    statistic = (
        sum(
            (found - expected) ** 2 / expected
            for pair in bins
            for found, expected in zip(pair, (sum(pair) * first / total, sum(pair) * second / total), strict=True)
        )
        / effect
    )
    moved = sum(abs(a / first - b / second) for a, b in bins) / 2
    free = len(bins) - 1
    drift = min(statistic / critical(free, FALSE / tests), moved / least)
    return Difference(moved=moved, chance=tail(statistic, free), drift=drift)


def pooled(reference: Sequence[int], live: Sequence[int], enough: float) -> list[tuple[int, int]]:
    """Put the smallest bins together until each expects `enough` rows of each sample."""
    bins = sorted(((a, b) for a, b in zip(reference, live, strict=True) if a + b), key=sum)
    share = min(sum(reference), sum(live)) / max(1, sum(reference) + sum(live))
    while len(bins) > 1 and sum(bins[0]) * share < enough:
        (a, b), (c, d), *rest = bins
        bins = sorted([(a + c, b + d), *rest], key=sum)
    return bins


def tail(statistic: float, free: int) -> float:
    """Return how likely chi-squared with so many degrees of freedom is as large (Abramowitz and Stegun 26.4.4, 26.4.5).

    >>> round(tail(3.841, 1), 3), round(tail(18.307, 10), 3), round(tail(19.675, 11), 3)
    (0.05, 0.05, 0.05)
    """
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    odd = free % 2
    found = math.erfc(math.sqrt(half)) if odd else math.exp(-half)
    order = 0.5 if odd else 1.0
    while order < free / 2:
        found += math.exp(order * math.log(half) - half - math.lgamma(order + 1))
        order += 1
    return min(1.0, found)


@lru_cache(maxsize=4096)
def critical(free: int, chance: float) -> float:
    """Return what chi-squared exceeds with that chance.

    >>> round(critical(1, 0.05), 3), round(critical(10, 0.05), 3)
    (3.841, 18.307)
    """
    low, high = 0.0, 4.0 * free + 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle, free) > chance else (low, middle)
    return high


def design_effect(groups: Sequence[object], bins: Sequence[int], count: int) -> float:
    """Return how much more the bins' shares vary than those of independent rows, the mean over the bins; 1 at least.

    The rows of a group are drawn together (ultimate clusters, Kish 1965).

    >>> design_effect([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 0, 0, 1, 1], 2) > 1.9
    True
    """
    rows, tallies = len(bins), dict[object, list[int]]()
    for group, place in zip(groups, bins, strict=True):
        tallies.setdefault(group, [0] * count)[place] += 1
    many = len(tallies)
    if many < 2 or many == rows:
        return 1.0
    found = []
    for place in range(count):
        share = sum(one[place] for one in tallies.values()) / rows
        if 0 < share < 1:
            apart = sum((one[place] - share * sum(one)) ** 2 for one in tallies.values())
            found.append(apart * many / (many - 1) / (rows * share * (1 - share)))
    return max(1.0, sum(found) / len(found)) if found else 1.0
