"""The small language of phrases in the vocabulary files.

`word`, `stem*`, `*ending`, `<class>` (a list of words), `(a|b c)`, `x?` (may be absent), `..` (a few words between, inside
one sentence), `/regex/`. Blanks match blanks, hyphens, underscores and commas; in Chinese also nothing.
Regular expressions are compiled when a text first holds their literal words, so that loading is cheap.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

GAP = 60
"""Most characters between the parts of a phrase."""
SEPARATOR = r"[\s\-_,'\"]+"
LETTER = r"(?:[^\W_\u3040-\u30ff\u3400-\u9fff]|[\u0900-\u097f])"
RUN = re.compile(rf"{LETTER}+")
"""A word in a script that writes blanks."""
BREAK = re.compile(r"[.!?;\n](?=\s|$)")
OPTIONAL = re.compile(r"(?:<[^>]*>|\([^()]*\))\?")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
Span = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """A piece of a phrase without `..`."""

    source: str
    words: "WordClasses"

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        return tuple(_split(self.source, " "))

    @cached_property
    def named(self) -> str:
        """The class of words that this part consists of, if it is nothing else."""
        return self.tokens[0][1:-1] if len(self.tokens) == 1 and self.tokens[0].startswith("<") else ""

    @cached_property
    def choice(self) -> "Choice | None":
        """The alternatives, if this part is nothing but one group or one word."""
        if len(self.tokens) != 1 or self.tokens[0].endswith("?"):
            return None
        token = self.tokens[0]
        if token.startswith("("):
            return choice((one.strip() for one in _split(token[1:-1], "|")), self.words)
        return choice((token,), self.words) if RUN.fullmatch(token.strip("*")) else None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def pattern(self) -> str:
        pieces: list[str] = []
        for token in self.tokens:
            optional = len(token) > 1 and token.endswith("?")
            body = token.removesuffix("?") if optional else token
            piece = self._token(body)
            if body == "..":
                pieces.append(rf"[^.!?;\n]{{0,{GAP}}}?")
                continue
            first = not pieces or pieces[-1].endswith("}?")
            apart = r"[\s,]*" if UNSPACED.search(body) else SEPARATOR
            if optional:
                pieces.append(f"(?:{piece}{apart})?" if first else f"(?:{apart}{piece})?")
            else:
                open_start = len(pieces) == 1 and pieces[0].endswith(")?") and self.tokens[0].endswith("?")
                pieces.append(piece if first or open_start else apart + piece)
        return "".join(pieces)

    @cached_property
    def anchors(self) -> tuple[tuple[str, ...], ...]:
        """Literal texts: of each group, one must stand in a text in which this part matches."""
        needed = (token for token in self.tokens if token != ".." and not (len(token) > 1 and token.endswith("?")))
        return tuple(group for group in map(self._anchor, needed) if group)

    def may_match(self, folded: str) -> bool:
        """Say quickly whether a search is worth its while."""
        return all(any(text in folded for text in group) for group in self.anchors)

    def _token(self, body: str) -> str:
        if body.startswith("<") and body.endswith(">"):
            return self.words.pattern(body[1:-1])
        if len(body) > 1 and body.startswith("/") and body.endswith("/"):
            return f"(?:{body[1:-1]})"
        if body.startswith("(") and body.endswith(")"):
            choices = sorted(_split(body[1:-1], "|"), key=len, reverse=True)
            return "(?:" + "|".join(Part(choice.strip(), self.words).pattern for choice in choices) + ")"
        return word(body)

    def _anchor(self, token: str) -> tuple[str, ...]:
        if token.startswith("(") and token.endswith(")"):
            found = [Part(choice.strip(), self.words).anchors for choice in _split(token[1:-1], "|")]
            return tuple(text for one in found for text in one[0]) if all(found) else ()
        return () if token[:1] in "<(/" else (token.strip("*"),)


def _split(source: str, at: str) -> list[str]:
    """Split at a character that stands outside of brackets and of /regular expressions/."""
    pieces, depth, regex = [""], 0, False
    for place, char in enumerate(source):
        opens = char == "/" and (regex or not source[:place] or source[place - 1] in " (|")
        if opens and (regex or "/" in source[place + 1 :]) and not (regex and source[place - 1] == "\\"):
            regex = not regex
        depth += 0 if regex else (char == "(") - (char == ")")
        if char == at and not depth and not regex:
            pieces.append("")
        else:
            pieces[-1] += char
    return [piece for piece in pieces if piece]


def word(body: str) -> str:
    """Compile one word with its stars; only words in spaced scripts are bounded."""
    core = body.strip("*")
    made = re.escape(core)
    if UNSPACED.search(core):
        return made
    left = rf"{LETTER}*" if body.startswith("*") else (rf"(?<!{LETTER})" if core[:1].isalnum() else "")
    right = r"(?:\w|[\u0900-\u097f])*" if body.endswith("*") else (rf"(?!{LETTER})" if core[-1:].isalnum() or core[-1:] >= "\u0900" else "")
    return left + made + right


@dataclass(frozen=True)
class Choice:
    """Alternatives that are looked up word by word, without a regular expression where that does."""

    exact: frozenset[str]
    stems: tuple[str, ...]
    endings: tuple[str, ...]
    named: tuple[str, ...]
    parts: tuple["Part", ...]

    def spans(self, reading: "Reading") -> list[Span]:
        """Find where any of the alternatives stands."""
        found = [
            (start, end)
            for start, end, run in reading.runs
            if run in self.exact or (self.stems and run.startswith(self.stems)) or (self.endings and run.endswith(self.endings))
        ]
        for name in self.named:
            found += reading.classes[name]
        for part in self.parts:
            found += reading.matches(part)
        return sorted(found)


def choice(sources: Iterable[str], words: "WordClasses") -> Choice:
    """Sort alternatives by how they are looked up."""
    exact, stems, endings, named, parts = [], [], [], [], []
    for source in sources:
        core = source.strip("*")
        if source.startswith("<") and source.endswith(">"):
            named.append(source[1:-1])
        elif not RUN.fullmatch(core):
            parts.append(Part(source, words))
        elif source.startswith("*"):
            endings.append(core)
        else:
            (stems if source.endswith("*") else exact).append(core)
    return Choice(frozenset(exact), tuple(stems), tuple(endings), tuple(named), tuple(parts))


@dataclass(frozen=True)
class Phrase:
    source: str
    parts: tuple[Part, ...]

    def spans(self, reading: "Reading") -> Iterator[Span]:
        """Find where the phrase stands."""
        for start, end in reading.spans(self.parts[0]):
            last: int | None = end
            for part in self.parts[1:]:
                last = next((e for s, e in reading.spans(part) if last <= s <= last + GAP and reading.joined(last, s)), None)
                if last is None:
                    break
            if last is not None:
                yield start, last


@dataclass(frozen=True)
class Phrases:
    """Several phrases that mean the same."""

    each: tuple[Phrase, ...]

    def spans(self, reading: "Reading") -> Iterator[Span]:
        """Find where any of them stands."""
        for phrase in self.each:
            yield from phrase.spans(reading)

    def first(self, reading: "Reading") -> Span | None:
        """Return the first place, the longest one there."""
        return min(self.spans(reading), key=lambda span: (span[0], -span[1]), default=None)


class WordClasses:
    """Named lists of words, found in a text by looking its words up."""

    def __init__(self, classes: Mapping[str, Iterable[str]]) -> None:
        self._sources = {name: tuple(str(source).lower() for source in sources) for name, sources in classes.items()}
        self._choices = {name: choice((s for s in sources if not s.startswith("<")), self) for name, sources in self._sources.items()}
        self._nested = {name: [s[1:-1] for s in sources if s.startswith("<")] for name, sources in self._sources.items()}
        self._exact: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        self._endings: dict[str, list[str]] = {}
        for name, made in self._choices.items():
            for index, keys in ((self._exact, made.exact), (self._stems, made.stems), (self._endings, made.endings)):
                for key in keys:
                    index.setdefault(key, []).append(name)

    def pattern(self, name: str) -> str:
        """Return a pattern that matches one word of the class."""
        return "(?:" + "|".join(Part(one, self).pattern for one in sorted(self._sources[name], key=len, reverse=True)) + ")"

    def find(self, reading: "Reading") -> dict[str, list[Span]]:
        """Find the words of every class, in the order of the text."""
        found: dict[str, list[Span]] = {name: [] for name in self._sources}
        for start, end, run in reading.runs:
            names = set(self._exact.get(run, ()))
            for length in range(2, len(run) + 1):
                names.update(self._stems.get(run[:length], ()))
                names.update(self._endings.get(run[-length:], ()))
            for name in names:
                found[name].append((start, end))
        for name, made in self._choices.items():
            for part in made.parts:
                found[name] += reading.matches(part)
        for name, nested in self._nested.items():
            for one in nested:
                found[name] += found[one]
            found[name].sort()
        return found


class Reading:
    """A folded text with what was found in it so far."""

    def __init__(self, folded: str, words: WordClasses) -> None:
        self.folded = folded
        self.runs = [(match.start(), match.end(), match.group()) for match in RUN.finditer(folded)]
        self._breaks = [match.start() for match in BREAK.finditer(folded)]
        self._found: dict[str, list[Span]] = {}
        self.classes = words.find(self)

    def spans(self, part: Part) -> list[Span]:
        """Return where one part stands."""
        if part.named:
            return self.classes[part.named]
        known = self._found.get(part.source)
        if known is None:
            known = part.choice.spans(self) if part.choice else self.matches(part)
            self._found[part.source] = known
        return known

    def matches(self, part: Part) -> list[Span]:
        """Return where the part's regular expression matches."""
        if not part.may_match(self.folded):
            return []
        return [match.span() for match in part.regex.finditer(self.folded) if match.end() > match.start()]

    def joined(self, start: int, end: int) -> bool:
        """Say whether no sentence ends between two places."""
        return not any(start <= place < end for place in self._breaks)


def phrases(sources: Iterable[str], words: WordClasses) -> Phrases:
    """Read phrases that mean the same.

    >>> where = phrases(["tell .. apart"], WordClasses({}))
    >>> list(where.spans(Reading("to tell the cats apart", WordClasses({}))))
    [(3, 22)]
    """
    return Phrases(tuple(phrase(str(source), words) for source in sources))


def phrase(source: str, words: WordClasses) -> Phrase:
    """Read one phrase."""
    pieces, current = [], ""
    for token in [*_split(source.lower().strip(), " "), ".."]:
        if token == "..":
            pieces.append(current)
            current = ""
        else:
            current += f" {token}"
    kept = (piece.strip() for piece in pieces if piece.strip() and not OPTIONAL.fullmatch(piece.strip()))
    return Phrase(source, tuple(Part(piece, words) for piece in kept))
