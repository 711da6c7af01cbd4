"""What speaks for and against a list as the classes: its form, and what stands before, in and behind it."""

from collections.abc import Sequence
from typing import Protocol

from trainerspec.drafting.ranking.names import Known
from trainerspec.drafting.ranking.separators import ARTICLES, CLOSING, OPENING
from trainerspec.drafting.ranking.tokens import EDGE, QUOTES, ROOM, Tokens
from trainerspec.drafting.reading.spans import Span

FAR_BEFORE, FAR_BEHIND = range(3, 12), range(1, 6)
"""Tokens before and behind a list that count wherever they stand."""


class Formed(Protocol):
    """What is looked at of a list."""

    @property
    def items(self) -> tuple[Span, ...]: ...
    @property
    def between(self) -> tuple[str, ...]: ...
    @property
    def whole(self) -> tuple[bool, bool]: ...
    @property
    def cut(self) -> tuple[bool, bool]: ...


def features(text: Tokens, lists: Sequence[Formed], known: Known) -> list[list[str]]:
    """Return the features of each list."""
    return [[*_form(text, one), *_around(text, one), *_inside(text, one, known)] for one in lists]


def _edges(text: Tokens, one: Formed) -> tuple[int, int]:
    """Return where a list begins and ends, as places in `words`, with its first article and its quotes."""
    start, end = ROOM + one.items[0][0], ROOM + one.items[-1][1]
    while text.words[start - 1] in ARTICLES or text.words[start - 1] in QUOTES:
        start -= 1
    while text.words[end] in QUOTES:
        end += 1
    return start, end


def _form(text: Tokens, one: Formed) -> list[str]:
    lengths = [end - start for start, end in one.items]
    shapes = [text.shapes[ROOM + start] for start, _ in one.items]
    start, end = _edges(text, one)
    last, kinds = one.between[-1], "+".join(sorted(set(shapes)))
    bracket = text.words[start - 1] in OPENING and text.words[end] in CLOSING
    count, first, final = min(len(lengths), 6), min(lengths[0], 5), min(lengths[-1], 5)
    rest = min(max(lengths[1:]), 4), min(max(lengths[:-1]), 4)
    found = [
        *("list", f"n={count}", f"between {'+'.join(sorted(set(one.between)))}", f"last {last}"),
        *(f"n={min(count, 3)} last {last}", f"bracket {bracket}", f"whole {one.whole}", f"whole {one.whole} {last}"),
        *(f"cut {one.cut}", f"first {first}", f"final {final}", f"middle {min(max(lengths[1:-1], default=0), 5)}"),
        *(f"longest {min(max(lengths), 5)}", f"even {len(set(lengths)) == 1}"),
        f"differ {max(-3, min(3, lengths[0] - lengths[-1]))}",
        *(f"rest {rest[0]} first {min(first, 4)}", f"rest {rest[1]} final {min(final, 4)}"),
        *(f"shapes {kinds}", f"kinds {len(set(shapes))}", f"bracket {bracket} {kinds}"),
    ]
    return [*found, "odd first"] if shapes[0] != shapes[1] else found


def _around(text: Tokens, one: Formed) -> list[str]:
    words, shapes = text.words, text.shapes
    start, end = _edges(text, one)
    b3, b2, b1 = words[start - 3 : start] if start >= 3 else (EDGE, *words[start - 2 : start])
    found = [
        *(f"-1 {b1}", f"-2 {b2}", f"-3 {b3}", f"s-1 {shapes[start - 1]}", f"s-2 {shapes[start - 2]}"),
        *(f"-2-1 {b2} {b1}", f"-1 {b1} last {one.between[-1]}"),
        *(f"+1 {words[end]}", f"+2 {words[end + 1]}", f"s+1 {shapes[end]}", f"s+2 {shapes[end + 1]}"),
        f"s-1+1 {shapes[start - 1]} {shapes[end]}",
    ]
    found += (
        f"B {words[start - far]}" for far in FAR_BEFORE if start - far >= ROOM and words[start - far] not in ".?!\n"
    )
    found += (f"A {words[end + far]}" for far in FAR_BEHIND if end + far < ROOM + len(text))
    if "PATH" in shapes[start - 2 : start]:
        found.append("behind path")
    return found


def _inside(text: Tokens, one: Formed, known: Known) -> list[str]:
    words, shapes, counts = text.words, text.shapes, text.counts
    places = [ROOM + at for start, end in one.items for at in range(start, end)]
    said = [words[at] for at in places]
    found = [f"i {word}" for word in set(said)]
    found += (f"first {said[0]}", f"final {said[-1]}")
    again = sum(all(counts[word] > 1 for word in words[ROOM + start : ROOM + end]) for start, end in one.items)
    found.append(f"again {min(again, 3)}")
    for name, group in known.items():
        if count := sum(word in group for word in said):
            found.append(f"k {name} {min(count, 2)}")
    if any(shapes[at] == "num" for at in places):
        found.append("number")
    start, _ = _edges(text, one)
    if not known.get("target", frozenset()).isdisjoint(words[start - 4 : start]):
        found.append("behind target")
    return found
