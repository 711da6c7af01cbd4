"""Make profile.json while the validation split is scored: each batch is looked at once, and forgotten."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from pipeline.base.contract import Array, Contract, Port
from pipeline.watching import signals
from pipeline.watching.reference import MOST_KNOWN, SIGNALS, Profile, of_values, save
from pipeline.watching.signals import Known, Value

ROWS = 20_000
"""Rows of the reference at most, evenly spread."""
HELD_BY = 2
"""Rows that a word needs to be known."""


Raw: TypeAlias = Mapping[str, Sequence[Any]]


class Decoder(Protocol):
    """What makes an answer of the graph's outputs."""

    def decode(self, tensors: Mapping[str, Array], raw: Raw, /) -> Mapping[str, object]: ...


class Profiling:
    """Reads the signals of batches of rows.

    Of texts and categories every second group of rows says which words are known; the others, how many are not.
    """

    def __init__(self, agreed: Contract, decoder: Decoder, raw: Raw, groups: Sequence[object]) -> None:
        """Take all rows of the split as requests have them, and which of them belong together."""
        self.agreed, self.decoder, self.groups = agreed, decoder, groups
        numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        self.tells = [numbers[group] % 2 == 0 for group in groups]
        self.count = len(next(iter(raw.values())))
        self.step = -(-self.count // ROWS)
        self.known: Known = {
            f"input.{port.name}": known(port, self.telling(raw[port.name])) for port in agreed.raw if texts(port)
        }
        self.rows: list[int] = []
        self.found: dict[str, list[Value]] = {}

    def telling(self, values: Sequence[object]) -> list[object]:
        """Return the values of the rows that say which words are known."""
        return [values[row] for row in range(0, self.count, self.step) if self.tells[row]]

    def see(self, rows: Sequence[int], raw: Raw, outputs: Mapping[str, Array]) -> None:
        """Look at a batch: the numbers of its rows, what was asked, what the graph gave."""
        kept = [place for place, row in enumerate(rows) if row % self.step == 0]
        if not kept:
            return
        some = {name: [values[place] for place in kept] for name, values in raw.items()}
        answer = self.decoder.decode({name: array[kept] for name, array in outputs.items()}, some)
        read = signals.read("answer", self.agreed.answer, answer, self.known)
        read |= signals.read("input", self.agreed.raw, some, self.known)
        for name, values in read.items():
            own = self.found.setdefault(name, [None] * len(self.rows))
            own += values
        self.rows += [rows[place] for place in kept]
        for own in self.found.values():
            own += [None] * (len(self.rows) - len(own))

    def write(self, folder: Path) -> None:
        """Write profile.json."""
        order = sorted(range(len(self.rows)), key=lambda place: self.rows[place])
        made = []
        for name, values in self.found.items():
            used = [place for place in order if not name.endswith(UNSEEN) or not self.tells[self.rows[place]]]
            reference = of_values(
                name, [values[place] for place in used], [self.groups[self.rows[place]] for place in used]
            )
            made += [reference] if reference else []
        save(Profile(rows=len(order), signals=tuple(made[:SIGNALS]), known=self.known), folder)


UNSEEN = (".unseen", ".unseen_words")


def texts(port: Port) -> bool:
    """Tell whether a port holds words."""
    return port.datatype == "BYTES" and not port.binary and not port.json and port.kind not in signals.UNWATCHED


def known(port: Port, values: Sequence[object]) -> frozenset[int]:
    """Return the digests of the words or categories that several rows have."""
    held: Counter[str] = Counter()
    for value in values:
        one = signals.text(value)
        whole = port.kind in signals.WORDS and not port.prose
        held.update({one} if whole and one else set(signals.words(one)) if not whole else ())
    often = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_KNOWN]
    return frozenset(signals.digest(word) for word, count in often if count >= HELD_BY)
