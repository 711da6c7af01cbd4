"""profile.json: how often the validation split's signals have which values; counts by bin, and no row of it."""

import base64
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.base.files import read_json, write_json
from pipeline.watching.noise import design_effect
from pipeline.watching.signals import Known, Value

FILE = "profile.json"
BINS, FULL = 10, 20
"""Bins of numbers, about equally full, and rows of the reference that each needs."""
MOST, FEWEST = 20, 5
"""Values of a category that are named, the most frequent, and rows that each needs: rare ones may tell of a person."""
SIGNALS = 100
"""Signals that are watched at most, the answers' first."""
MOST_KNOWN = 8192
"""Words and values whose digests are kept, the most frequent."""
SHARE, FLAG = 0.05, 0.01
"""Shares of the rows that have to move before it matters: between bins, and into what is missing or unseen."""
FLAGS = (".missing", ".unseen", ".unseen_words")


def below(value: float) -> float:
    """Return the largest number that is smaller."""
    return math.nextafter(value, -math.inf)


def after(value: float) -> float:
    """Return the smallest number that is larger."""
    return math.nextafter(value, math.inf)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One signal of the reference: its bins, and how many rows each has; the last count is of missing values."""

    name: str
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    """Of numbers: a bin holds what is above the edge before it, up to its own."""
    values: tuple[str, ...] = ()
    """Of words; the bin behind them holds all others."""
    effect: float = 1.0
    """How much more the counts vary than those of independent rows."""

    @property
    def least(self) -> float:
        """Return the share of the rows that has to move before it matters."""
        return FLAG if self.name.endswith(FLAGS) else SHARE

    def place(self, value: Value) -> int:
        """Return a value's bin.

        >>> age = Reference(name="input.age", counts=(5, 5, 0), edges=(40.0,))
        >>> age.place(40.0), age.place(41.0), age.place(None)
        (0, 1, 2)
        """
        if value is None:
            return len(self.counts) - 1
        if isinstance(value, str):
            return self.values.index(value) if value in self.values else len(self.values)
        return bisect_left(self.edges, value)

    def names(self) -> list[str]:
        """Name the bins, in order; that of a single value has its name.

        >>> Reference(name="input.calls", counts=(0, 9, 5, 0), edges=(below(2.0), 2.0)).names()
        ['under 2', '2', 'over 2', 'missing']
        """
        if not self.edges:
            return [*self.values, "others", "missing"]
        first = next(iter(self.edges))
        alone = {below(high) for low, high in pairwise(self.edges) if low == below(high)}
        found = [f"under {after(first):.4g}" if first in alone else f"up to {first:.4g}"]
        for low, high in pairwise(self.edges):
            top = after(high) if high in alone else high
            found.append(f"{high:.4g}" if low in alone else f"{low:.4g} to {top:.4g}")
        return [*found, f"over {self.edges[-1]:.4g}", "missing"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The whole reference."""

    rows: int
    signals: tuple[Reference, ...]
    known: Known

    @property
    def comparisons(self) -> int:
        """Count what is compared of a sample: each signal's bins, and its missing values."""
        return max(1, 2 * len(self.signals))


def of_values(name: str, values: Sequence[Value], groups: Sequence[object]) -> Reference | None:
    """Make a signal's reference; None where it tells nothing: no value is there often enough."""
    there = [one for one in values if one is not None]
    texts = [one for one in there if isinstance(one, str)]
    if texts:
        often = sorted(Counter(texts).items(), key=lambda pair: (-pair[1], pair[0]))
        named = [word for word, count in often[:MOST] if count >= FEWEST]
        made = Reference(name=name, counts=(0,) * (len(named) + 2), values=tuple(named)) if named else None
    else:
        found = edges([one for one in there if isinstance(one, float)])
        made = Reference(name=name, counts=(0,) * (len(found) + 2), edges=tuple(found)) if found else None
    if made is None:
        return None
    places = [made.place(one) for one in values]
    counts = np.bincount(places, minlength=len(made.counts)).tolist()
    effect = round(design_effect(groups, places, len(counts)), 4)
    return Reference(name=name, counts=tuple(counts), edges=made.edges, values=made.values, effect=effect)


def edges(values: Sequence[float]) -> list[float]:
    """Return the edges of bins that are about equally full; a value that many rows have gets a bin of its own.

    >>> edges([0.0] * 60 + [float(one) for one in range(1, 41)])[:2]
    [-5e-324, 0.0]
    """
    if not values:
        return []
    many = max(2, min(BINS, len(values) // FULL))
    ordered = np.sort(np.array(values, dtype=np.float64))
    cuts = np.quantile(ordered, np.arange(1, many) / many, method="lower").tolist()
    found = set(cuts)
    for cut in set(cuts):
        low, high = np.searchsorted(ordered, cut, "left"), np.searchsorted(ordered, cut, "right")
        if (high - low) * many >= len(ordered) and math.isfinite(cut):
            found.add(below(cut))
    return sorted(found)


def digests(words: Iterable[int]) -> str:
    """Pack digests of 24 bits as base64, in order."""
    return base64.b64encode(b"".join(one.to_bytes(3, "big") for one in sorted(words))).decode()


def save(profile: Profile, folder: Path) -> None:
    """Write profile.json; equal profiles give equal bytes."""
    signals = {
        one.name: {
            "counts": list(one.counts),
            "effect": one.effect,
            **({"edges": list(one.edges)} if one.edges else {"values": list(one.values)}),
        }
        for one in profile.signals
    }
    known = {name: digests(words) for name, words in profile.known.items()}
    write_json(folder / FILE, {"version": 1, "rows": profile.rows, "signals": signals, "known": known})


def load(folder: Path) -> Profile | None:
    """Read profile.json; None where a package has none."""
    if not (folder / FILE).is_file():
        return None
    kept = read_json(folder / FILE)
    rows, signals, known = kept["rows"], kept["signals"], kept["known"]
    assert isinstance(rows, int)
    assert isinstance(signals, Mapping)
    assert isinstance(known, Mapping)
    return Profile(
        rows=rows,
        signals=tuple(
            Reference(
                name=name,
                counts=tuple(about["counts"]),
                edges=tuple(about.get("edges", ())),
                values=tuple(about.get("values", ())),
                effect=float(about["effect"]),
            )
            for name, about in signals.items()
        ),
        known={name: unpacked(words) for name, words in known.items()},
    )


def unpacked(packed: str) -> frozenset[int]:
    """Return the digests that `digests` packed.

    >>> sorted(unpacked(digests([70000, 5])))
    [5, 70000]
    """
    content = base64.b64decode(packed)
    return frozenset(int.from_bytes(content[start : start + 3], "big") for start in range(0, len(content), 3))
