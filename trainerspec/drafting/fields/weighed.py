"""The columns that phrases name, held against what is said of each name: the target is what the most is said of."""

import re

from trainerspec.drafting.fields.column_cues import NEVER
from trainerspec.drafting.fields.column_patterns import COLUMNS, LISTED, NAME
from trainerspec.drafting.fields.column_pool import LEAST, SURE, Name, pool
from trainerspec.drafting.fields.columns import Column, Finder
from trainerspec.drafting.fields.labels import Labels
from trainerspec.drafting.fields.sources import TABLE_FILE, Place
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

AHEAD = 4.0
"""How much more must be said of a name than of the one that a phrase names, to take its place."""
INPUT = -4.0
"""The score up to which a name is one of texts that go in."""


def weighed(
    found: tuple[Column, ...],
    text: Text,
    places: tuple[Place, ...],
    labels: Labels | None,
    vocabulary: Vocabulary,
    at: Finder,
    *,
    tabular: bool,
) -> tuple[Column, ...]:
    """Add the target where no phrase names it; take another where much more is said of that."""
    told_at = [_raw(text, one.span) for one in found if one.role == "output"]
    names = _names(text, places, told_at, labels, vocabulary, tabular=tabular)
    goes_in = {one.name for one in found if one.role == "input"}
    rest = {name: one for name, one in names.items() if name not in goes_in}
    best = max(rest, key=lambda name: rest[name].score, default=None)
    told = next((one for one in found if one.role == "output"), None)
    if best is None or rest[best].score < LEAST or (told is not None and told.name == best):
        return found
    own = rest[told.name].score if told is not None and told.name in rest else 0.0
    several = sum(one.role == "output" for one in found) > 1 and told is not None and told.name in rest
    if told is not None and (rest[best].score < max(own + AHEAD, SURE) or several):
        return found
    if told is None and not tabular and not _in_table(text, places, rest[best]):
        return found
    start, end = rest[best].span
    sure = rest[best].score >= SURE or raw_quoted(text.raw, start)
    column = Column(role="output", name=best, span=at.span(start, end), status="stated" if sure else "inferred")
    kept = tuple(one for one in found if one.role == "input")
    if not kept and not tabular:
        read = min(names, key=lambda name: names[name].score)
        if names[read].score <= INPUT and read != best:
            kept = (Column(role="input", name=read, span=at.span(*names[read].span), status="inferred"),)
    return (*kept, column)


def raw_quoted(raw: str, start: int) -> bool:
    """Say whether a name stands in the marks of code."""
    return raw[start - 1 : start] == "`"


def _in_table(text: Text, places: tuple[Place, ...], name: Name) -> bool:
    table = any(place.kind in ("query", "uri", "hub") or TABLE_FILE.search(place.value) for place in places)
    return table or raw_quoted(text.raw, name.span[0])


def _names(
    text: Text,
    places: tuple[Place, ...],
    told: list[Span],
    labels: Labels | None,
    vocabulary: Vocabulary,
    *,
    tabular: bool,
) -> dict[str, Name]:
    known = vocabulary.fields["columns"]
    never = NEVER | {*known["not_name"], *known["measures"], *vocabulary.metrics}
    taken = [_raw(text, one.span) for one in places if one.span[1]]
    classes = (frozenset(labels.values), _raw(text, labels.span)) if labels is not None and labels.span[1] else None
    kinds = (frozenset(never), frozenset(known["target"]), frozenset(known["input"]))
    listed = [*told, *_listed(text, places)]
    return pool(text.raw, taken, listed, classes, kinds, tabular=tabular)


def _listed(text: Text, places: tuple[Place, ...]) -> list[Span]:
    """Find the names in lists of columns."""
    ends = [_raw(text, one.span)[1] for one in places if one.span[1]]
    lists = [one for end in ends if (one := LISTED.match(text.raw, end))]
    lists += COLUMNS.finditer(text.raw)
    names = [(one.start("list"), name) for one in lists for name in re.finditer(NAME, one["list"])]
    return [(start + name.start(), start + name.end()) for start, name in names]


def _raw(text: Text, span: Span) -> Span:
    """Return where a stretch of the folded text stands in the request."""
    return text.starts[span[0]], text.ends[span[1] - 1]
