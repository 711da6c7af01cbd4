"""Read tags of tokens as spans: BIO, IOB1, BIOES, BILOU and bare types, told by what the tags look like."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int, str]
"""First and last token, or start and end in characters; and the type."""
OUTSIDE = frozenset({"O", "o", "OUT", "_", ""})
PREFIXED = re.compile(r"([BILESUMbilesum])[-_](.+)", re.DOTALL)
BEGINS, ENDS = frozenset("BSU"), frozenset("ELSU")
CLOSE_BEHIND = re.compile(r"[,.;:!?%)\]}»”’…]+|['’]\w{1,2}|n['’]t")
"""Tokens that stand close behind the one before, in running text."""
CLOSE_BEFORE = frozenset("([{$£€#«“‘")
"""Tokens that stand close before the next one."""


def scheme(tags: Iterable[str]) -> str:
    """Name the scheme of all tags of a data set: `BIO`, `BIOES`, `IO` or `plain` (every token has a type: no O).

    >>> scheme(["O", "B-PER", "I-PER"]), scheme(["S-PER", "O"]), scheme(["PER", "O"]), scheme(["NOUN", "VERB"])
    ('BIO', 'BIOES', 'IO', 'plain')
    """
    seen = set(tags)
    typed = seen - OUTSIDE
    matched = [PREFIXED.fullmatch(tag) for tag in typed]
    if typed and all(matched):
        letters = {match[1].upper() for match in matched if match}
        return "BIOES" if letters & set("ESLU") else "BIO"
    return "IO" if seen & OUTSIDE else "plain"


def spans(tags: Sequence[str], how: str) -> list[Span]:
    """Return the spans of one sentence by first and last token.

    A span that goes on without a beginning begins there, as conlleval reads it.

    >>> spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"], "BIO")
    [(0, 1, 'PER'), (3, 3, 'LOC'), (4, 4, 'LOC')]
    >>> spans(["PER", "PER", "O"], "IO"), spans(["NOUN", "NOUN"], "plain")
    ([(0, 1, 'PER')], [(0, 0, 'NOUN'), (1, 1, 'NOUN')])
    """
    found: list[Span] = []
    last = ("", "")
    for token, tag in enumerate(tags):
        letter, kind = split(tag, how)
        if kind:
            goes_on = kind == last[1] and letter not in BEGINS and last[0] not in ENDS
            start = found.pop()[0] if goes_on else token
            found.append((start, token, kind))
        last = letter, kind
    return found


def split(tag: str, how: str) -> tuple[str, str]:
    """Return letter and type of a tag; no type when it is outside.

    >>> split("B-PER", "BIO"), split("O", "BIO"), split("NOUN", "plain")
    (('B', 'PER'), ('', ''), ('S', 'NOUN'))
    """
    if how == "plain":
        return "S", tag
    if tag in OUTSIDE:
        return "", ""
    match = PREFIXED.fullmatch(tag) if how in ("BIO", "BIOES") else None
    return (match[1].upper(), match[2]) if match else ("I", tag)


def join(tokens: Sequence[str], close: Sequence[bool] | None = None) -> tuple[str, list[tuple[int, int]]]:
    """Write tokens as running text and give start and end, in characters, of each.

    `close` says which tokens have no space behind them; without it, punctuation stands as it does in most languages.

    >>> join(["It", "is", "(", "not", ")", "5", "%", "."])
    ('It is (not) 5%.', [(0, 2), (3, 5), (6, 7), (7, 10), (10, 11), (12, 13), (13, 14), (14, 15)])
    """
    text, places = "", []
    glued = True
    for index, token in enumerate(tokens):
        if not glued and not (close is None and CLOSE_BEHIND.fullmatch(token)):
            text += " "
        places.append((len(text), len(text) + len(token)))
        text += token
        glued = close[index] if close is not None else token in CLOSE_BEFORE
    return text, places
