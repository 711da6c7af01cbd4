"""The small language of phrases in the vocabulary files.

`word`, `stem*`, `*ending`, `<class>` (a list of words), `(a|b c)`, `(x)?` (may be absent), `xs?` (xs or x), `..` (a few
words between, inside one sentence), `x + y` (both in one sentence, in any order), `x & y` (both, anywhere), `/regex/`.
A blank matches blanks, hyphens, underscores, quotes and commas, or nothing in Chinese.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from trainerspec.drafting.reading.pattern import Choice, Part, Phrase, Phrases
from trainerspec.drafting.reading.spans import LETTER, RUN

JOINED = re.compile(rf"[*]?(?:{LETTER}|[-_'])+[*]?")
PLURAL = re.compile(rf"{LETTER}{{2,}}[?]")
WORD = re.compile(rf"[*]?{LETTER}+[*]?")
COMPOUND = re.compile(rf"[*]?{LETTER}+(?:[-_']{LETTER}+)+[*]?")
JOIN = "\0"
"""Stands for ` & ` or ` + ` while a phrase is taken apart."""
SCOPES: Mapping[str, Literal["sentence", "text"]] = {" & ": "text", " + ": "sentence"}
NAMED = re.compile(r"<[\w-]+>")


class WordClasses:
    """Named lists of phrases, for `<name>`."""

    def __init__(self, classes: Mapping[str, Iterable[str]]) -> None:
        self._choices = {
            name: _choice(tuple(str(source).lower() for source in sources), False) for name, sources in classes.items()
        }

    def choice(self, name: str) -> Choice:
        """Return the alternatives of one class. Raises KeyError for a name that is not declared."""
        return self._choices[name]


def phrases(sources: Iterable[str], classes: WordClasses) -> Phrases:
    """Read phrases that mean the same.

    >>> from trainerspec.drafting.reading.pattern import Reading
    >>> where = phrases(["tell .. apart"], WordClasses({}))
    >>> list(where.spans(Reading("to tell the cats apart", WordClasses({}))))
    [(3, 22)]
    """
    made = Phrases(tuple(_phrase(str(source).lower()) for source in sources))
    _ = made.gates  # the index is kept with the phrases
    return made


def _phrase(source: str) -> Phrase:
    for mark, scope in SCOPES.items():
        together = _split(source.replace(mark, JOIN), JOIN)
        if len(together) > 1:
            return Phrase(source, tuple(_member(one) for one in together), scope)
    parts: list[tuple[Choice, ...]] = [()]
    for token in _split(source.strip(), " "):
        if token == "..":
            parts.append(())
        else:
            parts[-1] += _token(token)
    kept = tuple(_part(one) for one in parts if one and not all(choice.optional for choice in one))
    if not kept:
        raise ValueError(f"a phrase needs a word that is not optional: {source}")
    return Phrase(source, kept)


def _member(source: str) -> Part | Choice:
    """Read one side of ` & ` or ` + `; what has several parts is looked up as a whole."""
    phrase = _phrase(source)
    whole = phrase.scope != "row" or len(phrase.parts) > 1
    return _part((_choice((f"({source})",), False),)) if whole else phrase.parts[0]


@cache
def _part(choices: tuple[Choice, ...]) -> Part | Choice:
    """Return the one part of some choices: what many phrases share is looked up in a text once."""
    return Part(choices) if len(choices) > 1 else choices[0]


def _token(token: str) -> tuple[Choice, ...]:
    optional = len(token) > 1 and token.endswith("?") and token[-2] in ")>/"
    body = token[:-1] if optional else token
    if body.startswith("(") and body.endswith(")"):
        return (_choice(tuple(one.strip() for one in _split(body[1:-1], "|")), optional),)
    runs = RUN.findall(body)
    if len(runs) > 1 and not body.startswith("/") and JOINED.fullmatch(body):
        return tuple(_choice((one,), optional) for one in WORD.findall(body))
    return (_choice((body,), optional),)


@cache
def _choice(sources: tuple[str, ...], optional: bool) -> Choice:
    """Sort alternatives by how they are looked up; the same ones are one choice, which a text is searched for once."""
    exact: list[str] = []
    stems: list[str] = []
    endings: list[str] = []
    literals: list[str] = []
    regexes: list[str] = []
    named: list[str] = []
    longer: list[Phrase] = []
    for source in sources:
        core = source.strip("*")
        if NAMED.fullmatch(source):
            named.append(source[1:-1])
        elif len(source) > 2 and source.startswith("/") and source.endswith("/"):
            regexes.append(source[1:-1])
        elif PLURAL.fullmatch(source):
            exact += (source[:-1], source[:-2])
        elif RUN.fullmatch(core):
            (endings if source.startswith("*") else stems if source.endswith("*") else exact).append(core)
        elif (
            len(_split(source, " ")) > 1
            or (source.startswith("(") and source.endswith(")"))
            or COMPOUND.fullmatch(source)
        ):
            longer.append(_phrase(source))
        else:
            literals.append(core)
    return Choice(
        frozenset(exact),
        frozenset(stems),
        frozenset(endings),
        tuple(literals),
        tuple(regexes),
        tuple(named),
        tuple(longer),
        optional,
        not (literals or regexes or named or longer),
    )


def _split(source: str, at: str) -> list[str]:
    """Split at a character that stands outside of brackets and of /regular expressions/."""
    if "(" not in source and "/" not in source:
        return [piece for piece in source.split(at) if piece]
    pieces, depth, regex = [""], 0, False
    for place, char in enumerate(source):
        edge = char == "/" and (place == 0 or source[place - 1] in " (|") and "/" in source[place + 1 :]
        if regex and char == "/" and source[place - 1] != "\\":
            regex = False
        elif not regex and edge:
            regex = True
        elif not regex:
            depth += (char == "(") - (char == ")")
        if char == at and not depth and not regex:
            pieces.append("")
        else:
            pieces[-1] += char
    if depth or regex:
        raise ValueError(f"a bracket or a `/` is not closed: {source}")
    return [piece for piece in pieces if piece]
