"""Count what is served against the reference: one number a bin, whatever is sent; nothing of a request is kept."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.base.contract import Contract
from pipeline.watching import noise, signals
from pipeline.watching.noise import Difference
from pipeline.watching.reference import FLAG, Profile, Reference

HALF = 5000
"""Rows of half a window: what drifts is told of the last one to two of these."""
LOOKS = 1000
"""Windows that a month has at most, of which none may raise a false alarm."""
DAILY = 31
"""Looks of a month for who looks once a day."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """How one signal differs from its reference."""

    reference: Reference
    live: tuple[int, ...]
    bins: Difference | None
    missing: Difference | None

    @property
    def drift(self) -> float | None:
        """Return how much it drifts: above 1 it is beyond chance, and matters; None where there is too little."""
        told = [one.drift for one in (self.bins, self.missing) if one is not None]
        return max(told, default=None)


def compared(profile: Profile, live: Mapping[str, Sequence[int]], looks: int) -> list[Found]:
    """Compare counts with the reference; `looks` is how often a month that is done."""
    tests, found = profile.comparisons * looks, []
    for one in profile.signals:
        own = tuple(live.get(one.name, ()))
        if len(own) != len(one.counts):
            continue
        bins = noise.compare(one.counts, own, least=one.least, tests=tests, effect=one.effect)
        gone, here = ((sum(counts[:-1]), counts[-1]) for counts in (one.counts, own))
        missing = noise.compare(gone, here, least=FLAG, tests=tests, effect=one.effect)
        found.append(Found(reference=one, live=own, bins=bins, missing=missing))
    return found


class Counting:
    """The counts since the package was opened, and those of the last window."""

    def __init__(self, profile: Profile, agreed: Contract, half: int = HALF) -> None:
        self.profile, self.agreed, self.half = profile, agreed, half
        self.lock = threading.Lock()
        self.rows = 0
        self.total, self.before, self.now = self._empty(), self._empty(), self._empty()
        self.inside = 0

    def _empty(self) -> dict[str, list[int]]:
        return {one.name: [0] * len(one.counts) for one in self.profile.signals}

    def see(self, raw: Mapping[str, object], answer: Mapping[str, object]) -> None:
        """Count the rows of one request and its answer."""
        read = signals.read("answer", self.agreed.answer, answer, self.profile.known)
        read |= signals.read("input", self.agreed.raw, raw, self.profile.known)
        rows = max((len(values) for values in read.values()), default=0)
        with self.lock:
            self.rows += rows
            self.inside += rows
            for one in self.profile.signals:
                total, now = self.total[one.name], self.now[one.name]
                for value in read.get(one.name, ()):
                    place = one.place(value)
                    total[place] += 1
                    now[place] += 1
            if self.inside >= self.half:
                self.before, self.now, self.inside = self.now, self._empty(), 0

    def recent(self) -> dict[str, list[int]]:
        """Return the counts of the last window."""
        with self.lock:
            return {
                name: [a + b for a, b in zip(before, self.now[name], strict=True)]
                for name, before in self.before.items()
            }

    def drift(self) -> list[Found]:
        """Compare the last window with the reference."""
        return compared(self.profile, self.recent(), LOOKS)
