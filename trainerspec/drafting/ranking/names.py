"""Which name of a request is that of the column that is predicted: every word competes, by what stands around it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trainerspec.drafting.ranking.ranker import rankers
from trainerspec.drafting.ranking.separators import CLOSING, ENDS, OPENING, OR, SEPARATORS
from trainerspec.drafting.ranking.tokens import BREAK, EDGE, PATH, QUOTES, ROOM, Tokens
from trainerspec.drafting.reading.spans import Span

LONGEST = 8
"""Characters of a name in a script without blanks."""
CODE = re.compile(r"[A-Za-z]{1,4}\d{1,5}[A-Za-z]?|(?:int|bf|fp)\d+")
"""A code or a precision, no column."""
NEAR = 12
"""Tokens before a name in which a path is looked for."""
Known = Mapping[str, frozenset[str]]
"""Words by kind: names of targets, of inputs, of times; measures; what is no name."""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A name, where it stands first, and how likely it is the target."""

    name: str
    span: Span
    share: float


def ranked(text: Tokens, known: Known, never: frozenset[str]) -> list[Ranked]:
    """Return the names of a request but for those that are `never` meant, the likeliest first."""
    spans = candidates(text, never, known)
    shares = rankers()["names"].shares(features(text, spans, known))
    total: dict[str, float] = defaultdict(float)
    first: dict[str, Span] = {}
    for (start, end), share in zip(spans, shares, strict=True):
        name = text.said(start, end)
        total[name] += share
        first.setdefault(name, (text.spans[start][0], text.spans[end - 1][1]))
    found = [Ranked(name=name, span=first[name], share=share) for name, share in total.items()]
    return sorted(found, key=lambda one: -one.share)


def candidates(text: Tokens, never: frozenset[str], known: Known) -> list[Span]:
    """Find what may be a name, but for measures, codes and what is `never` meant."""
    said = [(span, text.said(*span)) for span in _words(text)]
    return [
        span
        for span, name in said
        if name not in never and name.lower() not in known["measures"] and not CODE.fullmatch(name)
    ]


def _words(text: Tokens) -> Iterator[Span]:
    """Find what may be a name: every word, what stands in quotes, and runs of a script without blanks."""
    size, at = len(text), 0
    shapes, words = text.shapes, text.words
    while at < size:
        kind = shapes[ROOM + at]
        if kind == "alone":
            end = at
            while end < size and shapes[ROOM + end] == "alone":
                end += 1
            if end - at <= LONGEST:
                yield at, end
            at = end
            continue
        if kind not in ("PATH", "NL", "punct", "num"):
            yield at, at + 1
            if words[ROOM + at - 1] in QUOTES:
                for end in (at + 2, at + 3):
                    if words[ROOM + end] in QUOTES and "punct" not in shapes[ROOM + at : ROOM + end]:
                        yield at, end
        at += 1


def features(text: Tokens, spans: list[Span], known: Known) -> list[list[str]]:
    """Return what speaks for and against each candidate."""
    inside, quoted, sentence = _brackets(text), _quoted(text), _sentences(text)
    with_path = {sentence[at] for at in range(len(text)) if text.words[ROOM + at] == PATH}
    found = []
    for start, end in spans:
        one = [*_word(text, start, end, known), *_around(text, start, end)]
        if quoted[start]:
            one += ("quoted", f"quoted {text.shapes[ROOM + start]}")
        if (bracket := inside[start]) is not None:
            one += _bracketed(text, start, *bracket)
        if sentence[start] in with_path:
            one.append("with path")
        if "PATH" in text.shapes[max(0, ROOM + start - NEAR) : ROOM + start]:
            one.append("behind path")
        found.append(one)
    return found


def _word(text: Tokens, start: int, end: int, known: Known) -> list[str]:
    word, kind = text.words[ROOM + start], text.shapes[ROOM + start]
    found = ["name", f"s={kind}"]
    if end - start > 1:
        found.append("several")
    else:
        found.append(f"w={word}")
        if kind != "alone":
            found.append(f"e={word[-3:]}")
    found += (f"k={name}" for name, words in known.items() if word in words)
    if text.counts[word] > 1 and kind != "alone":
        found.append("again")
    return found


def _around(text: Tokens, start: int, end: int) -> list[str]:
    words, shapes = text.words, text.shapes
    before, after = ROOM + start - 1, ROOM + end
    b4, b3, b2, b1 = words[before - 3], words[before - 2], words[before - 1], words[before]
    a1, a2, a3 = words[after], words[after + 1], words[after + 2]
    s2, s1, z1, z2 = shapes[before - 1], shapes[before], shapes[after], shapes[after + 1]
    kind = shapes[ROOM + start]
    left, right = _left(words, before), _right(words, after)
    return [
        *(f"-4 {b4}", f"-3 {b3}", f"-2 {b2}", f"-1 {b1}", f"+1 {a1}", f"+2 {a2}", f"+3 {a3}"),
        *(f"s-2 {s2}", f"s-1 {s1}", f"s+1 {z1}", f"s+2 {z2}"),
        *(f"-2-1 {b2} {b1}", f"+1+2 {a1} {a2}", f"-1+1 {b1} {a1}"),
        *(f"s-2-1 {s2} {s1} {kind}", f"s+1+2 {kind} {z1} {z2}"),
        *(f"L{left}", f"R{right}", f"LR{left}{right}"),
    ]


def _left(words: tuple[str, ...], at: int) -> str:
    """Say which mark or conjunction stands before, and how far."""
    for far in range(1, 5):
        word = words[at - far + 1]
        if word in OR:
            return f"or{min(far, 3)}"
        if word in SEPARATORS or word in (":", "(", ".", PATH, "="):
            return f"{word}{min(far, 3)}"
        if word in (EDGE, "（", "：", "是", "。", BREAK):
            return f"^{min(far, 3)}"
    return "-"


def _right(words: tuple[str, ...], at: int) -> str:
    for far in range(1, 5):
        word = words[at + far - 1]
        if word in OR:
            return f"or{min(far, 3)}"
        if word in SEPARATORS or word in (")", ".", "?"):
            return f"{word}{min(far, 3)}"
        if word in (EDGE, "。", "）", "!", BREAK):
            return f"${min(far, 3)}"
    return "-"


def _bracketed(text: Tokens, at: int, opened: int, commas: int, conjunctions: int) -> list[str]:
    words, shapes = text.words, text.shapes
    many = "#" if commas or conjunctions else ""
    return [
        f"({min(commas, 3)}{min(conjunctions, 1)}",
        f"(<{words[ROOM + opened - 1]}",
        f"(s<{shapes[ROOM + opened - 1]}{many}",
        f"(at {min(at - opened, 4)}",
        f"(<<{words[ROOM + opened - 2]}",
    ]


def _brackets(text: Tokens) -> list[tuple[int, int, int] | None]:
    """Return for each token where its bracket opens, with the commas and conjunctions in it; None outside of any."""
    stack: list[int] = []
    opened: list[int | None] = []
    counts: dict[int, list[int]] = {}
    for at in range(len(text)):
        word = text.words[ROOM + at]
        if word in OPENING:
            stack.append(at)
            counts[at] = [0, 0]
        elif word in CLOSING and stack:
            stack.pop()
        opened.append(stack[-1] if stack else None)
        if stack:
            counts[stack[-1]][0] += word in SEPARATORS
            counts[stack[-1]][1] += word in OR
    return [None if one is None else (one, counts[one][0], counts[one][1]) for one in opened]


def _quoted(text: Tokens) -> list[bool]:
    """Say of each token whether it stands in quotes; an apostrophe opens none."""
    inside, found = False, []
    for at, (start, end) in enumerate(text.spans):
        mark = text.words[ROOM + at] in QUOTES
        if mark:
            glued_before = at > 0 and text.spans[at - 1][1] == start
            glued_after = at + 1 < len(text) and text.spans[at + 1][0] == end
            inside = glued_after if glued_before != glued_after else not inside
        found.append(inside and not mark)
    return found


def _sentences(text: Tokens) -> list[int]:
    number, found = 0, []
    for at, (_, end) in enumerate(text.spans):
        found.append(number)
        word = text.words[ROOM + at]
        last = at + 1 == len(text) or text.spans[at + 1][0] > end
        if word in ENDS and (last or word in "。！？；\n"):
            number += 1
    return found
