"""A request as tokens: words, numbers, marks, and paths as one; scripts without blanks by character."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from trainerspec.drafting.reading.spans import Span

EDGE, PATH, NUMBER, BREAK = "<E>", "<P>", "<0>", "\n"
"""What stands for the ends of a text, a path, a number, and the end of a line."""
ROOM = 4
"""Tokens of padding before and behind."""
MOST = 600
"""Tokens that are read; of a longer text the first ones."""
UNBLANKED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Characters of scripts without blanks between words."""
ELIDED = r"(?:[ldLD]|[Uu]n|[Dd]ell|[Nn]ell|[Aa]ll)"
"""Articles that lose their vowel: `l'accueil`, `un'ape`."""
FILES = (
    r"csv|tsv|jsonl|ndjson|json|parquet|xlsx?|feather|arrow|txt|db|sqlite3?|duckdb|zip|tar(?:\.gz)?|tgz|conllu?|h5|png|"
    r"jpe?g|wav|mp4|bio|npz|xml"
)
PLACE = re.compile(
    r"[a-z][a-z0-9+]*://[^\s,;\"'`)>\]，。；]+"
    rf"|[^\s,;:!?()\[\]{{}}<>|\"'`*$=，。；：！？、（）「」“”‘’《》→]*\.(?:{FILES})(?![\w/])"
    r"|(?<![\w/@.:<])(?:~/|\.{1,2}/|/)[\w.@%+~/-]+"
    r"|(?<![\w/@.:<])[\w.@%+~-]+/[\w.@%+~/-]*/(?!\w)"
    r"|(?<![\w/@.:<])[\w-]{3,}/(?=[\s,;.)]|$)",
    re.IGNORECASE,
)
TOKEN = re.compile(
    rf"[{UNBLANKED}]|(?<![^\W\d_]){ELIDED}['’](?=[^\W\d_])|[^\W_{UNBLANKED}](?:[\w\u0900-\u0963\u0966-\u097f](?<![\u3040-\u30ff\u3400-\u9fff])"
    r"|[-'’.](?=[^\W_\d\u3040-\u9fff]))*|\n|[^\w\s]|_"
)
ALONE = re.compile(rf"[{UNBLANKED}]")
FIGURE = re.compile(r"\d[\d.,]*")
COINED = re.compile(r"_|[a-z][A-Z]|[a-z]\d")
QUOTES = frozenset("'\"`“”„‘’«»「」『』")


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A text cut up; `words` and `shapes` have `ROOM` entries more at both ends, so that there are neighbours."""

    raw: str
    spans: tuple[Span, ...]
    words: tuple[str, ...]
    """Lower case; `PATH` and `NUMBER` for what they stand for."""
    shapes: tuple[str, ...]

    @cached_property
    def counts(self) -> Counter[str]:
        """Return how often each word stands in the text."""
        return Counter(self.words)

    def said(self, start: int, end: int) -> str:
        """Return what some tokens are in the request, verbatim."""
        return self.raw[self.spans[start][0] : self.spans[end - 1][1]]

    def __len__(self) -> int:
        return len(self.spans)


def tokens(raw: str) -> Tokens:
    """Cut a text into tokens.

    >>> [tokens("Sort s3://b/m.csv, 20k").said(at, at + 1) for at in range(4)]
    ['Sort', 's3://b/m.csv', ',', '20k']
    """
    cut = _cut(raw)[:MOST]
    texts = [raw[start:end] for start, end, _ in cut]
    shapes = ["PATH" if place else shape(text) for text, (_, _, place) in zip(texts, cut, strict=True)]
    known = {"PATH": PATH, "num": NUMBER}
    words = [known.get(kind) or text.lower().replace("’", "'") for text, kind in zip(texts, shapes, strict=True)]
    around = (EDGE,) * ROOM
    return Tokens(
        raw=raw,
        spans=tuple((start, end) for start, end, _ in cut),
        words=(*around, *words, *around),
        shapes=(*around, *shapes, *around),
    )


def _cut(raw: str) -> list[tuple[int, int, bool]]:
    found: list[tuple[int, int, bool]] = []
    last = 0
    for place in PLACE.finditer(raw):
        start, end = place.start(), place.start() + len(place[0].rstrip(".,;:"))
        if start < last or end == start:
            continue
        found += ((*one.span(), False) for one in TOKEN.finditer(raw, last, start))
        found.append((start, end, True))
        last = end
    found += ((*one.span(), False) for one in TOKEN.finditer(raw, last))
    return found


def shape(text: str) -> str:
    """Say how a token is written.

    >>> [shape(one) for one in ("so2_ppm", "Sex", "REF", "kind", "é", "12", ",")]
    ['ident', 'Title', 'UPPER', 'lower', 'lowerx', 'num', 'punct']
    """
    if ALONE.match(text):
        return "alone"
    if text == BREAK:
        return "NL"
    if not text[0].isalnum():
        return "punct"
    if FIGURE.fullmatch(text):
        return "num"
    if COINED.search(text):
        return "ident"
    if text[0].isupper():
        return "UPPER" if text.isupper() and len(text) > 1 else "Title"
    return "lower" if text.isascii() else "lowerx"
