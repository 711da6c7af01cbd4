"""The columns that a request names: what goes in, what is to be predicted."""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from trainerspec.drafting.fields.column_cues import ID, NEVER, cued
from trainerspec.drafting.fields.column_patterns import (
    CHINESE,
    COLUMNS,
    INSIDE,
    LISTED,
    MENTION,
    MENTION_AFTER,
    NAME,
    ONE,
    PAIR,
    PAIR_AFTER,
    PATHS,
    PREDICTED,
    STATED,
)
from trainerspec.drafting.fields.exclusions import without
from trainerspec.drafting.fields.settings import by_time
from trainerspec.drafting.fields.sources import Place
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

PLURAL = re.compile(r"(?:columns|fields|spalten|felder|columnas|campos|colonnes|champs)\b", re.IGNORECASE)
"""What opens a list of columns."""
BRACKETED = re.compile(r"\.\w{2,8}\s*\([^)]*$")
"""What stands before a column in the list behind a file."""
CODE = re.compile(
    r"(?:[A-Za-z]{1,4}\d{1,5}[A-Za-z]?|p\d\d|v\d+|fp16|int8|\w+-?\d[bB]|iPhone|iPad|macOS|iOS|GitHub|YouTube|WhatsApp|LinkedIn|PyTorch|DataFrame|TensorRT|GeoJSON)",
)
"""A product or a code, no column."""
LAST = re.compile(r"\s*(?:[.,;:)]|$)")
"""What stands behind the last word of a clause."""


@dataclass(frozen=True, kw_only=True)
class Column:
    role: Literal["input", "output"]
    name: str
    span: Span
    status: Literal["stated", "inferred"]


def columns(
    text: Text, places: tuple[Place, ...], vocabulary: Vocabulary, tabular: bool, at: "Finder", *, ahead: bool = False
) -> tuple[Column, ...]:
    """Find the columns that the request names, at most one input; several outputs only if it predicts several.

    `ahead` says that the next steps of a series are predicted: no column of times is the target then.
    """
    found: list[Column] = []
    raw = text.raw
    timed = by_time(raw)
    times = frozenset(vocabulary.fields["columns"]["times"])
    elsewhere = [span for _, span in without(raw)] + ([timed[1]] if timed is not None else [])

    def add(
        role: Literal["input", "output"], start: int, end: int, status: Literal["stated", "inferred"] = "stated"
    ) -> None:
        value = raw[start:end].strip(" `\"'“”‘’.")
        offset = raw.index(value, start) if value else start
        where = at.span(offset, offset + len(value))
        if any(first <= start and end <= last for first, last in elsewhere):  # ruled out, or what the split goes by
            return
        if ahead and role == "output" and (value.lower() in times or CHINESE.search(value)):
            return
        known = any(one.role == role or one.name == value for one in found)
        if (
            value
            and (
                value.lower() not in vocabulary.fields["columns"]["not_name"] or (value == "y" and LAST.match(raw, end))
            )
            and not known
            and not any(place.span[0] < where[1] and where[0] < place.span[1] for place in places)
        ):
            found.append(Column(role=role, name=value, span=where, status=status))

    for role, start, end in _cued(raw, vocabulary, tabular):
        add(role, start, end)
    for start, end, role in _lists(text, places, vocabulary, tabular, ahead):
        add(role, start, end)
    for pattern in STATED:
        for match in pattern.finditer(raw):
            add("output", *match.span("a"))
    for match in INSIDE.finditer(raw):
        known = vocabulary.fields["columns"]["input"]
        add(
            "input" if match["what"].lower().rstrip("s") in known or match["what"].lower() in known else "output",
            *match.span("a"),
        )
    for match in (*PAIR.finditer(raw), *PAIR_AFTER.finditer(raw)):
        add("input", *match.span("i"))
        add("output", *match.span("o"))
    mentions = [match.span("q" if match["q"] else "n") for match in MENTION.finditer(raw) if not PLURAL.match(match[0])]
    if not tabular and len(mentions) == 2 and not found:
        add("input", *mentions[0])
        add("output", *mentions[1])
    for match in sorted([*MENTION.finditer(raw), *MENTION_AFTER.finditer(raw)], key=lambda one: one.start()):
        group = "q" if match["q"] else "n"
        if PLURAL.match(match[0]):
            continue
        role = _role(raw, match.start(), match[group], vocabulary, tabular)
        taken = role == "input" and any(one.role == "input" and one.name != match[group] for one in found)
        add("output" if taken else role, *match.span(group))
    query = next((place.value for place in places if place.kind == "query" and " " in place.value), "")
    listed = re.findall(NAME, re.sub(r"(?is)\bfrom\b.*", "", query))[1:]
    if not tabular and not found and len(listed) == 2 and query in raw:
        start = raw.index(query)
        begins = [start + query.index(name) for name in listed]
        spans = [at.span(begin, begin + len(name)) for begin, name in zip(begins, listed, strict=True)]
        found.append(Column(role="input", name=listed[0], span=spans[0], status="stated"))
        found.append(Column(role="output", name=listed[1], span=spans[1], status="stated"))
    for name in listed:
        asks = r"(?:predict|know|want|target|classify|estimate|learn|forecast)\w*\s+(?:to predict\s+)?(?:the\s+)?"
        wanted = re.search(rf"{asks}({name})\b", raw)
        if wanted:
            add("output", *wanted.span(1))
    if tabular and not any(one.role == "output" for one in found):
        for start, end in _alone(text, places, elsewhere, vocabulary):
            add("output", start, end, "inferred")
    if tabular:
        for match in PREDICTED.finditer(raw):
            first = match["np"].split()[0].lower()
            if not any(first in vocabulary.fields["columns"][name] for name in ("not_target", "not_name")):
                add("output", *match.span("np"), status="inferred")
    return tuple(found)


def _cued(raw: str, vocabulary: Vocabulary, tabular: bool) -> Iterator[tuple[Literal["input", "output"], int, int]]:
    """Find the columns that phrases name, the surest phrases first."""
    kinds = vocabulary.fields["columns"]
    never = NEVER | {*kinds["not_name"], *kinds["measures"]}
    for role, group, start, end in cued(raw):
        name = raw[start:end].lower()
        goes_in = role == "input" or group == "i"
        if goes_in and tabular:
            continue
        quoted = raw[start - 1 : start] in ("`", '"', "'")
        if role == "both" or quoted or name not in never:
            text = not tabular and role != "both" and name in kinds["input"]
            yield ("input" if goes_in or text else "output"), start, end


def _alone(
    text: Text, places: tuple[Place, ...], elsewhere: list[Span], vocabulary: Vocabulary
) -> Iterator[tuple[int, int]]:
    """Return the only name of the request that can be but a column's: `t_per_ha`, `kwhPerYear`."""
    raw = text.raw
    taken = [(text.starts[place.span[0]], text.ends[place.span[1] - 1]) for place in places if place.span[1]]
    taken += elsewhere
    measures = {*vocabulary.fields["columns"]["measures"], *vocabulary.metrics}
    found: dict[str, Span] = {}
    for match in re.finditer(rf"(?<![\w/.@#\\-]){ID}(?![\w/@\\-]|\.\w)", raw):
        inside = any(start <= match.start() < end for start, end in taken)
        inside = inside or BRACKETED.search(raw[max(0, match.start() - 80) : match.start()]) is not None
        if not inside and match[0].lower() not in measures and not CODE.fullmatch(match[0]):
            found.setdefault(match[0], match.span())
    if len(found) == 1:
        yield next(iter(found.values()))


def _lists(
    text: Text, places: tuple[Place, ...], vocabulary: Vocabulary, tabular: bool, ahead: bool
) -> list[tuple[int, int, Literal["input", "output"]]]:
    raw = text.raw
    starts = [
        text.ends[place.span[1] - 1]
        for place in places
        if place.kind in ("path", "uri", "hub", "query") and place.span[1]
    ]
    measures = frozenset(vocabulary.fields["columns"]["measures"])
    matches = [match for start in starts if (match := LISTED.match(raw, start))]
    matches += COLUMNS.finditer(raw)
    for match in matches:
        base = match.start("list")
        spans = [
            (base + one.start(), base + one.end())
            for one in re.finditer(NAME, match["list"])
            if one.group().lower() not in vocabulary.fields["columns"]["not_name"]
        ]
        spans = [span for span in spans if raw[span[1] : span[1] + 1] != "-"]
        if len(spans) > 1 and ONE.search(match.group()) and "," in raw[spans[0][1] : spans[1][0]]:
            spans = spans[:1]
        spans = list(
            takewhile(
                lambda span: raw[slice(*span)].lower() not in measures and not CHINESE.search(raw[slice(*span)]), spans
            )
        )
        if len(spans) > 1 and re.match(r" [^\W\d_]", raw[spans[-1][1] :]):
            spans = spans[:-1]
        if ahead and len(spans) > 1:
            times = vocabulary.fields["columns"]["times"]
            measured = [span for span in spans if raw[slice(*span)].lower() not in times]
            asked = [one for one in measured if _again(raw, raw[slice(*one)], (spans[0][0], spans[-1][1]))]
            return [(*one, "output") for one in (asked or measured)[-1:]]
        names = [raw[a:b].lower() for a, b in spans]
        single = len(names) == 1
        if single and ONE.search(match.group()):
            continue
        if names and len(names) < 3 and names[0] in vocabulary.fields["columns"]["heads"]:
            continue
        if not names or any(len(name) > 30 for name in names) or (single and not _is_identifier(raw, spans[0])):
            continue
        if len(names) == 1:
            role: Literal["input", "output"] = (
                "input" if names[0] in vocabulary.fields["columns"]["input"] and not tabular else "output"
            )
            return [(*spans[0], role)]
        if len(names) == 2 and not tabular:
            turned = (
                names[0] in vocabulary.fields["columns"]["target"]
                and names[1] not in vocabulary.fields["columns"]["target"]
            )
            first, last = (spans[1], spans[0]) if turned else (spans[0], spans[1])
            return [(*first, "input"), (*last, "output")]
        kinds = vocabulary.fields["columns"]
        known = [span for span, name in zip(spans, names, strict=True) if name in kinds["target"]]
        texts = [span for span, name in zip(spans, names, strict=True) if name in kinds["input"] and not tabular]
        roles: list[tuple[int, int, Literal["input", "output"]]] = [(*span, "output") for span in known[:1]]
        roles += [(*span, "input") for span in texts[:1]]
        again = [
            span for span, name in zip(spans, names, strict=True) if _again(raw, name, (spans[0][0], spans[-1][1]))
        ]
        if not known and (again or (roles and spans[-1] not in texts)):
            roles.insert(0, (*(again[-1] if again else spans[-1]), "output"))
        if roles:
            return roles
    return []


def _again(raw: str, name: str, listed: Span) -> bool:
    """Say whether a request speaks of a listed column once more, as something that is asked for."""
    asks = r"(?:which|what|how (?:many|much)|whose|predict|estimate|the|in|per|welche\w*|quel\w*|qué|quale|welk\w*)"
    word = rf"{re.escape(name)}s?(?!\w)"
    asked = rf"{asks}\s+(?:[^\W\d_]+\s+)?{word}|(?<!\w){word}\s*:"
    outside = f"{raw[: listed[0]]} ; {raw[listed[1] :]}"
    return re.search(asked, outside, re.IGNORECASE) is not None


def _is_identifier(raw: str, span: Span) -> bool:
    """Say whether a lone word behind a file reads as a column: it is followed by a mark or the end, or holds `_`."""
    after = raw[span[1] : span[1] + 2].lstrip()
    return "_" in raw[span[0] : span[1]] or not after or after[0] in ",.;:)]?!"


def _role(raw: str, start: int, name: str, vocabulary: Vocabulary, tabular: bool) -> Literal["input", "output"]:
    """Guess whether a named column goes in or comes out, from its name and the words before it."""
    known = vocabulary.fields["columns"]
    before = PATHS.sub("¤", raw[max(0, start - 45) : start].lower())
    if name.lower() in known["target"] or re.search(
        r"(?:predict|label|target|class|outcome|vorhersag|schätz|ziel|kategor|etiquet|"
        r"predec|prédi|标签|目标|预测|分成|差评|类|लेबल)\w*[^.;]{0,35}$",
        before,
    ):
        return "output"
    if name.lower() in known["input"] or (
        not tabular
        and re.search(
            r"(?:text|review|comment|message|image|photo|picture|input|mail|tweet|评论|文本|内容|"
            r"图|nachricht|bild|reseña|mensaje|comentario|texte|avis|टिप्पणी|पाठ|समीक्षा|description|body|headline)\S*"
            r"(?:\s+(?:is|are|sits?|lives?|stands?|stored|found|comes?|steht|está|est))?(?:\s+(?:in|under|im|en|dans))?"
            r"(?:\s+the|\s+der|\s+la|\s+el)?(?:\s+¤)?[\s(（,的]*$",
            before,
        )
    ):
        return "input"
    return "output"


class Finder:
    """Turns places in the request into places in the folded text."""

    def __init__(self, text: Text) -> None:
        self._starts = text.starts

    def span(self, start: int, end: int) -> Span:
        """Return the folded span of `raw[start:end]`."""
        return bisect.bisect_left(self._starts, start), bisect.bisect_left(self._starts, end)
