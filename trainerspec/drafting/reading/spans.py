"""A text with an index of its words, and where sentences end in it."""

import bisect
import re
from collections.abc import Iterator

LONGEST = 40
"""Letters of a word's beginning, and of its end, that phrases may name."""
BACK = 100
"""Characters before a place in which something that ends there is looked for."""
LETTER = r"(?:[^\W_\u3040-\u30ff\u3400-\u9fff]|[\u0900-\u097f])"
RUN = re.compile(rf"{LETTER}+")
"""A word in a script that writes blanks."""
BETWEEN = re.compile(r"[\s\-_,'\"]*")
BREAK = re.compile(r"[.!?;\n](?=\s|$)|\n(?=[-*•]|\w+\s*:|\w+\s{2,})")
Span = tuple[int, int]


def ends_in(expression: re.Pattern[str], text: str, place: int) -> re.Match[str] | None:
    """Find what stands directly before a place, at most BACK characters, by an expression that ends in `$`."""
    return expression.search(text, max(0, place - BACK), place)


class Indexed:
    """A folded text and where its words, their beginnings and their ends stand."""

    def __init__(self, folded: str) -> None:
        self.folded = folded
        self.words: dict[str, list[Span]] = {}
        self.prefixes: dict[str, list[Span]] = {}
        self.suffixes: dict[str, list[Span]] = {}
        self._breaks = [match.start() for match in BREAK.finditer(folded)]
        for match in RUN.finditer(folded):
            self.words.setdefault(match.group(), []).append(match.span())
        for word, spans in self.words.items():
            for length in range(2, min(len(word), LONGEST) + 1):
                self.prefixes.setdefault(word[:length], []).extend(spans)
                self.suffixes.setdefault(word[-length:], []).extend(spans)
        self.characters = frozenset(folded)
        self.known, self.begun = frozenset(self.words), frozenset(self.prefixes)
        """The words, and all their beginnings."""
        self.indexed = (self.known, self.begun, frozenset(self.suffixes))

    def literal(self, text: str) -> Iterator[Span]:
        """Find a text as it is; where it begins or ends with a spaced letter, a word has to begin or end there."""
        at = self.folded.find(text)
        while at >= 0:
            end = at + len(text)
            inside = at > 0 and RUN.match(text) and RUN.match(self.folded[at - 1])
            runs_on = end < len(self.folded) and RUN.match(text[-1]) and RUN.match(self.folded[end])
            if not inside and not runs_on:
                yield at, end
            at = self.folded.find(text, at + 1)

    def after(self, end: int) -> int:
        """Return where the next word begins when only blanks and light marks come before it."""
        match = BETWEEN.match(self.folded, end)
        return match.end() if match else end

    def joined(self, start: int, end: int) -> bool:
        """Say whether no sentence ends between two places."""
        at = bisect.bisect_left(self._breaks, start)
        return at == len(self._breaks) or self._breaks[at] >= end

    def near(self, one: Span, other: Span) -> bool:
        """Say whether two places are in the same sentence."""
        return self.joined(min(one[1], other[1]), max(one[0], other[0]))
