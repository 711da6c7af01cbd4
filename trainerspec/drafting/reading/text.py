"""The request as the drafter reads it: folded and repaired, with every character traceable to the original."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from re import Match, Pattern

DIGITS = {
    ord(c): str(unicodedata.digit(c)) for start in (0x0966, 0x0660, 0xFF10) for c in map(chr, range(start, start + 10))
}
MARKS = {
    **dict.fromkeys("’‘ʼ", "'"),
    **dict.fromkeys("“”„«»「」『』", '"'),
    **dict.fromkeys("–—−‑", "-"),
    **dict.fromkeys("\u00a0\u202f\u3000", " "),
    **dict(zip("，。；：（）、？！％।→", (*",.;:(),?!%.", "->"), strict=True)),
    "≥": ">=",
    "≤": "<=",
    "⩾": ">=",
    "…": "...",
}
LONGEST = 120
RUN_ON = re.compile(r"[^\s\u3040-\u9fff\uac00-\ud7af]{121,}|\w{121,}|\s{121,}")
"""What is longer than any word, path or margin; scripts without blanks have marks between their clauses."""


@dataclass(frozen=True, kw_only=True)
class Text:
    raw: str
    folded: str
    """Lower case, plain marks and digits, numbers in figures; not as long as `raw`."""
    starts: tuple[int, ...]
    """For each character of `folded`, where its origin in `raw` begins."""
    ends: tuple[int, ...]

    def quote(self, start: int, end: int) -> str:
        """Return the words of the request behind `folded[start:end]`, verbatim, with outer blanks cut."""
        if start >= end:
            return ""
        return self.raw[self.starts[start] : self.ends[end - 1]].strip(" \t\r\n,;:")

    def exact(self, start: int, end: int) -> str:
        """Return the characters of the request behind `folded[start:end]` as they are."""
        return self.raw[self.starts[start] : self.ends[end - 1]] if start < end else ""

    def rewrite(self, pattern: Pattern[str], to: Callable[[Match[str]], str | None]) -> "Text":
        """Replace matches in `folded`; what stands in the place of a match comes from all of it."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for match in pattern.finditer(self.folded):
            new = to(match)
            if new is None or match.start() == match.end():
                continue
            a, b = match.span()
            pieces += (self.folded[last:a], new)
            starts += (*self.starts[last:a], *[self.starts[a]] * len(new))
            ends += (*self.ends[last:a], *[self.ends[b - 1]] * len(new))
            last = b
        if not last:
            return self
        return Text(
            raw=self.raw,
            folded="".join(pieces) + self.folded[last:],
            starts=(*starts, *self.starts[last:]),
            ends=(*ends, *self.ends[last:]),
        )

    def masked(self, spans: Iterable[tuple[int, int]]) -> "Text":
        """Cover spans of `folded` with a character that no pattern knows, so that lengths stay."""
        folded = list(self.folded)
        for start, end in spans:
            folded[start:end] = "¤" * (end - start)
        return Text(raw=self.raw, folded="".join(folded), starts=self.starts, ends=self.ends)


def squeeze(text: str) -> str:
    """Cut every run of characters without a blank, and of blanks, to what a word or a margin may have.

    >>> len(squeeze("a" * 10_000)), squeeze("a  b")
    (120, 'a  b')
    """
    return RUN_ON.sub(lambda match: match[0][:LONGEST], text)


def fold(raw: str) -> Text:
    """Lower the case, make marks and digits plain, and squeeze what runs on.

    >>> fold("“Genauigkeit” ≥ ९५％").folded
    '"genauigkeit" >= 95%'
    """
    text = _plainly(raw) if raw.isascii() else _folded(raw)
    return text.rewrite(RUN_ON, lambda match: match[0][:LONGEST])


def _folded(raw: str) -> Text:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(raw):
        new = MARKS.get(char) or DIGITS.get(ord(char)) or char.lower()
        pieces.append(new)
        starts += [at] * len(new)
        ends += [at + 1] * len(new)
    return Text(raw=raw, folded="".join(pieces), starts=tuple(starts), ends=tuple(ends))


def _plainly(raw: str) -> Text:
    """Fold a text of ASCII: each character stays one."""
    size = len(raw)
    return Text(raw=raw, folded=raw.lower(), starts=tuple(range(size)), ends=tuple(range(1, size + 1)))
