"""Phrases, and texts in which they are looked up.

Words are found in an index of the text: only what the phrases ask for is touched, and next to nothing is compiled.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, Protocol

from trainerspec.drafting.reading.spans import Indexed, Span

GAP = 60
"""Most characters between the parts of a phrase."""
Table = dict[str, list[int]]  # a word to the numbers of the phrases that need it


@dataclass(frozen=True)
class Choice:
    """One place in a phrase: the alternatives that may stand there."""

    exact: frozenset[str]
    stems: frozenset[str]
    endings: frozenset[str]
    literals: tuple[str, ...]
    """Looked up as they are: Chinese, and what holds marks such as `@`."""
    regexes: tuple[str, ...]
    named: tuple[str, ...]
    phrases: tuple["Phrase", ...]
    optional: bool
    plain: bool
    """True when words and their stems are all there is."""

    def spans(self, reading: "Reading") -> list[Span]:
        """Find where any of the alternatives stands."""
        found: list[Span] = []
        if self.exact:
            for key in self.exact & reading.known if len(self.exact) > 1 else self.exact:
                found += reading.words.get(key, ())
        if self.stems:
            for key in self.stems & reading.begun if len(self.stems) > 1 else self.stems:
                found += reading.prefixes.get(key, ())
        for key in self.endings:
            found += reading.suffixes.get(key, ())
        if self.plain:
            return sorted(set(found)) if len(found) > 1 else found
        for literal in self.literals:
            if literal[0] in reading.characters:
                found += reading.literal(literal)
        for regex in self.regexes:
            found += (match.span() for match in re.finditer(regex, reading.folded) if match.end() > match.start())
        for name in self.named:
            found += reading.named(name)
        if self.phrases:
            found += self._nested.spans(reading)
        return sorted(set(found)) if len(found) > 1 else found

    def stands(self, reading: "Reading") -> bool:
        """Say whether any of the words and stems is in the text at all."""
        known, begun, ended = reading.indexed
        return not (self.exact.isdisjoint(known) and self.stems.isdisjoint(begun) and self.endings.isdisjoint(ended))

    @property
    def choices(self) -> tuple["Choice", ...]:
        """Return the choice itself: it stands for a part of its own."""
        return (self,)

    @cached_property
    def _nested(self) -> "Phrases":
        return Phrases(self.phrases)


@dataclass(frozen=True)
class Part:
    """A piece of a phrase without `..`: two places or more that follow each other directly."""

    choices: tuple[Choice, ...]

    def spans(self, reading: "Reading") -> list[Span]:
        """Find where the places stand in a row."""
        ends: dict[int, set[int]] = {}
        for number, choice in enumerate(self.choices):
            here = reading.find(choice)
            if not ends and (number == 0 or all(one.optional for one in self.choices[:number])):
                fresh = {start: {end} for start, end in here}
                ends = fresh
                if choice.optional and number + 1 < len(self.choices):
                    for start, _ in reading.find(self.choices[number + 1]):
                        ends.setdefault(start, set()).add(start)
            else:
                ends = _follow(ends, here, choice.optional, reading)
            if not ends and not choice.optional:
                return []
        return [(start, max(reached)) for start, reached in ends.items() if reached]


def _follow(ends: Mapping[int, set[int]], here: list[Span], optional: bool, reading: "Reading") -> dict[int, set[int]]:
    starts: dict[int, set[int]] = {}
    for start, end in here:
        starts.setdefault(start, set()).add(end)
    result: dict[int, set[int]] = {}
    for start, reached in ends.items():
        new = set(reached) if optional else set()
        for end in reached:
            new |= starts.get(reading.after(end), set())
            new |= starts.get(end, set())
        if new:
            result[start] = new
    return result


@dataclass(frozen=True)
class Phrase:
    source: str
    parts: tuple[Part | Choice, ...]
    scope: Literal["row", "sentence", "text"] = "row"
    """Where the parts stand: in a row, or in any order in a sentence (`x + y`) or in the text (`x & y`)."""

    def spans(self, reading: "Reading") -> Iterator[Span]:
        """Find where the phrase stands."""
        if self.scope == "text":
            if all(reading.find(part) for part in self.parts):
                yield reading.find(self.parts[-1])[0]
            return
        if self.scope == "sentence":
            yield from self._together(reading)
            return
        for start, end in reading.find(self.parts[0]):
            last: int | None = end
            for part in self.parts[1:]:
                assert last is not None
                last = reading.next_end(part, last)
                if last is None:
                    break
            if last is not None:
                yield start, last

    def _together(self, reading: "Reading") -> Iterator[Span]:
        """Find the sentences that hold every part, each on words of its own."""
        found: list[list[Span]] = []
        for part in self.parts:
            found.append(reading.find(part))
            if not found[-1]:
                return
        found.sort(key=len)
        for start, end in found[0]:
            kept = [(start, end)]
            for spans in found[1:]:
                kept += next(([one] for one in spans if one not in kept and reading.near(one, (start, end))), [])
            if len(kept) == len(found):
                yield min(kept)[0], max(one[1] for one in kept)


@dataclass(frozen=True)
class Phrases:
    """Several phrases that mean the same."""

    each: tuple[Phrase, ...]

    def spans(self, reading: "Reading") -> Iterator[Span]:
        """Find where any of them stands."""
        for at in self.numbers(reading):
            yield from self.each[at].spans(reading)

    def numbers(self, reading: "Reading") -> Iterator[int]:
        """Return the numbers of the phrases of which all needed words are in the text, and of those that need none."""
        rest, tables, others = self.gates
        found = set(rest)
        for keys, table, which in tables:
            for key in keys & reading.indexed[which]:
                found.update(table[key])
        for at in sorted(found):
            for one in others[at]:
                if not one.stands(reading):
                    break
            else:
                yield at

    @cached_property
    def gates(self) -> tuple[list[int], list[tuple[frozenset[str], "Table", int]], list[tuple[Choice, ...]]]:
        """List the phrases without a needed word; index the others by the words, stems and endings of one place.

        The last of the three has, for each phrase, its other needed places.
        """
        tables: tuple[Table, Table, Table] = ({}, {}, {})
        rest: list[int] = []
        others: list[tuple[Choice, ...]] = []
        for at, phrase in enumerate(self.each):
            needed = _gates(phrase)
            others.append(tuple(needed[1:]))
            if not needed:
                rest.append(at)
                continue
            gate = needed[0]
            for table, keys in zip(tables, (gate.exact, gate.stems, gate.endings), strict=True):
                for key in keys:
                    table.setdefault(key, []).append(at)
        return rest, [(frozenset(table), table, which) for which, table in enumerate(tables) if table], others

    def first(self, reading: "Reading") -> Span | None:
        """Return the first place, the longest one there."""
        return min(self.spans(reading), key=lambda span: (span[0], -span[1]), default=None)


def _gates(phrase: Phrase) -> list[Choice]:
    """List the places that a phrase needs and that words alone fill, those with the fewest alternatives first."""
    needed = [one for part in phrase.parts for one in part.choices if one.plain and not one.optional]
    return sorted(needed, key=lambda one: len(one.exact) + len(one.stems) + len(one.endings))


class Classes(Protocol):
    """Named lists of phrases, for `<name>`."""

    def choice(self, name: str) -> Choice:
        """Return the alternatives of one class."""


class Reading(Indexed):
    """A folded text with an index of its words, and what was found in it so far."""

    def __init__(self, folded: str, classes: Classes) -> None:
        super().__init__(folded)
        self._classes = classes
        self._found: dict[int, list[Span]] = {}
        self._named: dict[str, list[Span]] = {}

    def find(self, what: Part | Choice) -> list[Span]:
        """Return where something stands, looked up once."""
        known = self._found.get(id(what))
        if known is None:
            self._found[id(what)] = known = what.spans(self)
        return known

    def named(self, name: str) -> list[Span]:
        """Return where words of a class stand."""
        known = self._named.get(name)
        if known is None:
            self._named[name] = known = self._classes.choice(name).spans(self)
        return known

    def next_end(self, part: Part | Choice, last: int) -> int | None:
        """Return the end of the first place of `part` at most GAP behind `last`, in the same sentence."""
        for start, end in self.find(part):
            if last <= start <= last + GAP and self.joined(last, start):
                return end
        return None

    def holds(self, words: Phrases, start: int, end: int) -> bool:
        """Say whether any of the words stands in a stretch of the text."""
        return any(start <= a and b <= end for a, b in words.spans(self))


@lru_cache(maxsize=8)
def reading_of(folded: str, classes: Classes) -> Reading:
    """Return the reading of a text, which what was found in it is kept with."""
    return Reading(folded, classes)
