"""The intent classifier: two tables of vectors that are averaged, a hidden layer, and two heads; in plain Python."""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul, sub
from pathlib import Path

from trainerspec import assets
from trainerspec.drafting.intent.features import of_sentence, sentences
from trainerspec.drafting.intent.harm import Harm, Sums, harm

HARM = "harm"
NO_MODEL = "no-model"
IMPOSSIBLE = "impossible"
NAME = "intent.bin"
PLAIN = 0.9
"""Likelihood of harm that counts although it shows only where a sentence is left out."""
STACKED, FARTHEST = (1.05, 0.385, -0.8), 4.0
"""Weights of the log odds of harm by the linear model and by the network, and a constant, learnt from what both said of
three suites before they had seen them; beyond so many of the network's, they count no more."""
FEW, LATER = 40, "\u2e80"
"""Characters of a text from which it is not brief; the script from which on one or two write a word."""
GREETING = 3
"""Words of a sentence that says no more than hello or thanks."""
MOST_SENTENCES = 300
"""Sentences that are read; of a longer text the first ones."""
_ZERO = 128
"""The byte that stands for zero in a table."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What a text seems to ask for."""

    harm: float
    """How likely it is that somebody is harmed: 0 to 1."""
    task: str
    """The likeliest task, `no-model` or `impossible`."""
    share: float
    """How likely that is, among all tasks."""
    shares: Mapping[str, float]
    brief: bool = False
    """Whether the text is so short that a few odd words decide."""
    length: int = 0
    """Characters, of a script that writes a word with one or two three times as many."""


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Vectors of one byte a value, added up four lanes of a whole row at a time."""

    rows: bytes
    width: int
    scale: float

    def total(self, at: Sequence[int]) -> list[int]:
        """Add up some rows, as they are stored."""
        lane = int.from_bytes(b"\xff\0\0\0" * (self.width // 4), "little")
        sums = [0, 0, 0, 0]
        for number in at:
            row = int.from_bytes(self.rows[number * self.width : (number + 1) * self.width], "little")
            sums[0] += row & lane
            sums[1] += row >> 8 & lane
            sums[2] += row >> 16 & lane
            sums[3] += row >> 24 & lane
        found = [0] * self.width
        for shift, total in enumerate(sums):
            found[shift::4] = memoryview(total.to_bytes(self.width, "little")).cast("I")
        return found

    def mean(self, total: Sequence[int], count: int) -> list[float]:
        """Return the mean of `count` rows that were added up; zeros for none."""
        return [(value / count - _ZERO) * self.scale for value in total] if count else [0.0] * self.width


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """What was added up for a stretch of text, in both tables, and how many rows."""

    hashed: Sequence[int]
    pieces: Sequence[int]
    counts: tuple[int, int]

    def without(self, other: "_Sums") -> "_Sums":
        """Take a part out."""
        return _Sums(
            hashed=list(map(sub, self.hashed, other.hashed)),
            pieces=list(map(sub, self.pieces, other.pieces)),
            counts=(self.counts[0] - other.counts[0], self.counts[1] - other.counts[1]),
        )


@dataclass(frozen=True, kw_only=True)
class Classifier:
    hashed: _Table
    pieces: _Table
    vocabulary: Mapping[str, int]
    layers: Mapping[str, tuple[tuple[Sequence[float], ...], Sequence[float]]]
    """Weights, a row for each output, and biases."""
    tasks: tuple[str, ...]
    harm: Harm

    def read(self, text: str) -> Intent:
        """Say what a text seems to ask for; about a millisecond for a request of usual length.

        Sentences of no more than `GREETING` words are left out beside others. A harmless sentence beside a harmful one
        must not hide it: each sentence in turn is left out, and harm that is plain then (`PLAIN`) counts.
        """
        said = sentences(text)[:MOST_SENTENCES]
        kept = [one for one in said if len(one.split()) > GREETING or not one.isascii()] or said or [""]
        each = [self._sums(one) for one in kept]
        whole = _Sums(
            hashed=[sum(column) for column in zip(*(one.hashed for one in each), strict=True)],
            pieces=[sum(column) for column in zip(*(one.pieces for one in each), strict=True)],
            counts=(sum(one.counts[0] for one in each), sum(one.counts[1] for one in each)),
        )
        seen = self._seen(whole)
        scores = self._layer("task", seen)
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        shares = dict(zip(self.tasks, (power / total for power in powers), strict=True))
        task = max(shares, key=lambda name: shares[name])
        by_words = [self.harm.sums(one) for one in kept]
        all_words = sum(by_words, Sums())
        harm = self._harm(seen, all_words)
        if len(each) > 1:
            left = (
                self._harm(self._seen(whole.without(one)), all_words - own)
                for one, own in zip(each, by_words, strict=True)
            )
            harm = max(harm, *(one for one in left if one >= PLAIN), 0)
        return Intent(harm=harm, task=task, share=shares[task], shares=shares, brief=brief(text), length=extent(text))

    def _sums(self, sentence: str) -> _Sums:
        found = of_sentence(sentence, self.vocabulary)
        return _Sums(
            hashed=self.hashed.total(found.hashed),
            pieces=self.pieces.total(found.pieces),
            counts=(len(found.hashed), len(found.pieces)),
        )

    def _seen(self, sums: _Sums) -> list[float]:
        hashed, pieces = sums.counts
        seen = [*self.hashed.mean(sums.hashed, hashed), *self.pieces.mean(sums.pieces, pieces)]
        return [*seen, *(max(0.0, value) for value in self._layer("hidden", seen))]

    def _harm(self, seen: Sequence[float], by_words: Sums) -> float:
        """Return how likely harm is, by the linear model and the network together."""
        linear, network, constant = STACKED
        own = max(-FARTHEST, min(FARTHEST, self._layer("harm", seen)[0]))
        return 1 / (1 + math.exp(-(linear * self.harm.odds(by_words) + network * own + constant)))

    def _layer(self, name: str, values: Sequence[float]) -> list[float]:
        rows, biases = self.layers[name]
        return [sum(map(mul, row, values)) + bias for row, bias in zip(rows, biases, strict=True)]


def brief(text: str) -> bool:
    """Tell whether a text is short; a character of a script that writes a word with one or two counts as three.

    >>> brief("rank my hens by eggs"), brief("写真から花の種類を当てる")
    (True, True)
    >>> brief("which of our members will leave us next year?")
    False
    """
    return extent(text) < FEW


def extent(text: str) -> int:
    """Return how many characters a text has; one of a script that writes a word with one or two counts three."""
    return sum(3 if character > LATER else 1 for character in text.strip())


@cache
def classifier(path: Path | None = None) -> Classifier:
    """Load the weights that ship, or those of a file.

    The file is a line of JSON (`tasks`, `vocabulary`, and name, shape and scale of each block) and the blocks: bytes
    for tables, 32-bit little-endian floats for layers.
    """
    content = (path or assets.folder("grammar") / NAME).read_bytes()
    head, _, body = content.partition(b"\n")
    about = json.loads(head)
    at = 0
    tables: dict[str, _Table] = {}
    layers: dict[str, tuple[tuple[Sequence[float], ...], Sequence[float]]] = {}
    for name, height, width, scale in about["blocks"]:
        if scale:
            tables[name] = _Table(rows=body[at : at + height * width], width=width, scale=scale)
            at += height * width
        else:
            values = array("f", body[at : at + 4 * height * (width + 1)])
            rows = tuple(values[row * width : (row + 1) * width] for row in range(height))
            layers[name] = rows, values[height * width :]
            at += 4 * height * (width + 1)
    return Classifier(
        hashed=tables["hashed"],
        pieces=tables["pieces"],
        vocabulary={piece: number for number, piece in enumerate(about["vocabulary"].split())},
        layers=layers,
        tasks=tuple(about["tasks"]),
        harm=harm(),
    )
