"""Which list of a request names its classes: every stretch of items between marks and conjunctions competes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from trainerspec.drafting.ranking.list_features import features
from trainerspec.drafting.ranking.names import Known
from trainerspec.drafting.ranking.ranker import rankers
from trainerspec.drafting.ranking.separators import ARTICLES, BREAKS, COMMAS, CONJUNCTIONS, UNBLANKED
from trainerspec.drafting.ranking.tokens import PATH, QUOTES, ROOM, Tokens
from trainerspec.drafting.reading.spans import Span

WORDS, CHARACTERS = 4, 8
"""Words, or characters of a script without blanks, of the first and the last item."""
MIDDLE, MIDDLE_CHARACTERS = 5, 10
"""The same, of those between."""
MOST = 300
"""Candidates that compete."""
OPENS, CLOSES = frozenset("\"“「『'`„"), frozenset("\"”」』'`“")


@dataclass(kw_only=True)
class Stretch:
    """Items between marks that no item goes over, and what separates them."""

    items: list[Span] = field(default_factory=list)
    between: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list that may be the classes: its items, as tokens, and how it lies in its stretch."""

    items: tuple[Span, ...]
    between: tuple[str, ...]
    whole: tuple[bool, bool]
    """Whether the first item begins, and the last ends, where the stretch has marks."""
    cut: tuple[bool, bool]
    """Whether items of the stretch before and behind are left out."""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """What a list names, where each stands in the request, and how likely these are the classes."""

    values: tuple[str, ...]
    spans: tuple[Span, ...]
    share: float


def ranked(text: Tokens, known: Known) -> list[Classes]:
    """Return the lists of a request, the likeliest first."""
    lists = candidates(text)
    shares = rankers()["lists"].shares(features(text, lists, known))
    total: dict[tuple[str, ...], float] = defaultdict(float)
    first: dict[tuple[str, ...], Listed] = {}
    for one, share in sorted(zip(lists, shares, strict=True), key=lambda pair: -pair[1]):
        values = tuple(text.said(*item) for item in one.items)
        total[values] += share
        first.setdefault(values, one)
    found = []
    for values, one in first.items():
        spans = tuple((text.spans[start][0], text.spans[end - 1][1]) for start, end in one.items)
        found.append(Classes(values=values, spans=spans, share=total[values]))
    return sorted(found, key=lambda one: -one.share)


def candidates(text: Tokens) -> list[Listed]:
    """Find every list: some items in a row of a stretch, with any last words of the first and first words of the last.

    >>> from trainerspec.drafting.ranking.tokens import tokens
    >>> text = tokens("sort into red or green")
    >>> [[text.said(*item) for item in one.items] for one in candidates(text)][:2]
    [['red', 'green'], ['into red', 'green']]
    """
    found: dict[tuple[Span, ...], Listed] = {}
    for stretch in stretches(text):
        for one in _of_stretch(text, stretch):
            found.setdefault(one.items, one)
            if len(found) == MOST:
                return list(found.values())
    return list(found.values())


def _of_stretch(text: Tokens, stretch: Stretch) -> Iterator[Listed]:
    items = stretch.items
    blankless = [all(kind == "alone" for kind in text.shapes[ROOM + a : ROOM + b]) for a, b in items]
    short = [b - a <= (MIDDLE_CHARACTERS if no else MIDDLE) for (a, b), no in zip(items, blankless, strict=True)]
    for first in range(len(items) - 1):
        for last in range(first + 1, len(items)):
            if not all(short[first + 1 : last]):
                break
            (start, end), (begin, close) = items[first], items[last]
            for head in range(1, min(end - start, CHARACTERS if blankless[first] else WORDS) + 1):
                for tail in range(1, min(close - begin, CHARACTERS if blankless[last] else WORDS) + 1):
                    spans = [(end - head, end), *items[first + 1 : last], (begin, begin + tail)]
                    bare = tuple(_bare(text, span) for span in spans)
                    if all(a < b and text.raw[text.spans[a][0]].isalnum() for a, b in bare):
                        yield Listed(
                            items=bare,
                            between=tuple(stretch.between[first:last]),
                            whole=(end - head == start, begin + tail == close),
                            cut=(first > 0, last < len(items) - 1),
                        )


def _bare(text: Tokens, span: Span) -> Span:
    """Leave out articles and quotes around an item."""
    start, end = span
    while end - start > 1 and (text.words[ROOM + start] in ARTICLES or text.words[ROOM + start] in QUOTES):
        start += 1
    while end - start > 1 and text.words[ROOM + end - 1] in QUOTES:
        end -= 1
    return start, end


def stretches(text: Tokens) -> Iterator[Stretch]:
    """Cut a text at what no item goes over, and what is between at marks and conjunctions."""
    found, start, at = Stretch(), 0, 0
    while at < len(text):
        word = text.words[ROOM + at]
        between, wide = _between(text, at, first=at == start and not found.items)
        if between and (at > start or found.items):
            if at > start:
                found.items.append((start, at))
                found.between.append(between)
            elif found.between:
                found.between[-1] += between
            start = at = at + wide
            continue
        if word in BREAKS or word == PATH:
            yield from _ended(found, start, at)
            found, start = Stretch(), at + 1
        at += 1
    yield from _ended(found, start, len(text))


def _ended(found: Stretch, start: int, end: int) -> Iterator[Stretch]:
    if end > start:
        found.items.append((start, end))
    if len(found.items) > 1:
        yield found


def _between(text: Tokens, at: int, *, first: bool) -> tuple[str, int]:
    """Return what separates items at a token, and how many tokens it takes; nothing where an item goes on."""
    words = text.words
    word = words[ROOM + at]
    if word in COMMAS:
        return COMMAS[word], 1
    english = word == "of" and (text.counts["the"] or text.counts["and"] or text.counts["is"])
    if not first and not english and (word in CONJUNCTIONS or word in UNBLANKED):
        return CONJUNCTIONS.get(word) or UNBLANKED[word], 1
    if word not in CLOSES:
        return "", 0
    following, after, later = words[ROOM + at + 1 : ROOM + at + 4]
    mark = COMMAS.get(following) or CONJUNCTIONS.get(following) or UNBLANKED.get(following, "")
    if mark and after in OPENS:
        return mark, 3
    if mark and after in CONJUNCTIONS and later in OPENS:
        return CONJUNCTIONS[after], 4
    return (",", 2) if word in "」』”" and following in ("「", "『", "“") else ("", 0)
