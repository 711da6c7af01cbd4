"""Hold what rules find against what was learnt: it fills what they leave open, and replaces what is less likely."""

import re
from collections.abc import Sequence
from dataclasses import replace

from trainerspec.drafting.fields.audits import audited
from trainerspec.drafting.fields.columns import Column, Finder
from trainerspec.drafting.fields.exclusions import without
from trainerspec.drafting.fields.labels import Labels
from trainerspec.drafting.fields.settings import by_time
from trainerspec.drafting.fields.sources import Place
from trainerspec.drafting.ranking.lists import Classes
from trainerspec.drafting.ranking.names import Ranked
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text

OPEN, TOLD, SURE = 0.25, 0.25, 0.7
"""The share from which a name is taken where the rules name none, what it adds that rules name one, and the share from
which nobody is asked. All were chosen on suites by other hands, of which neither rules nor ranking had seen the one."""
OPEN_LIST, TOLD_LIST = 0.4, 0.75
"""The same for lists of classes."""
TAG = re.compile(r"[BIES]-")
"""What begins the tag of a token, no class."""
TITLES = frozenset(
    ("target", "label", "objetivo", "objectif", "obiettivo", "alvo", "ziel", "zielspalte", "doel", "cible")
)
"""Words that stand before the name of a target more often than they are one."""
VAGUE = frozenset(
    (
        *(
            "important",
            "main",
            "right",
            "relevant",
            "interesting",
            "usual",
            "same",
            "other",
            "correct",
            "thing",
            "things",
        ),
        *(
            "number",
            "one",
            "ones",
            "column",
            "value",
            "wichtige",
            "wichtigste",
            "importante",
            "importantes",
            "principal",
        ),
        *("importanti", "principale", "belangrijke", "belangrijkste", "coco", "yolo", "voc", "pascal"),
    )
)
"""Words that name no column, though they stand before the word: `predict the important column`."""
LINKS = frozenset(
    (
        *("must", "since", "as", "like", "about", "because", "before", "after", "please", "should", "could", "would"),
        *("but", "with", "from", "for", "if", "whether", "when", "where", "which", "that", "wie", "damit", "weil"),
        *("bitte", "muss", "soll", "como", "porque", "pero", "para", "comme", "mais", "pour", "come", "però", "perché"),
        *("zoals", "want", "maar", "moet"),
    )
)
"""Words that are no class, and begin none: what they stand in is no list of classes."""
MOST_LOOKED = 4
"""Names that are looked at, the likeliest first."""


def classes(told: Labels | None, lists: Sequence[Classes], text: Text) -> Labels | None:
    """Return the classes: what the rules found, or the likeliest list where that is likelier by far."""
    best = next(iter(lists), None)
    values = frozenset(told.values) if told is not None else None
    own = next((one.share for one in lists if frozenset(one.values) == values), 0.0) + TOLD_LIST
    if best is None or best.share < (OPEN_LIST if told is None else own) or frozenset(best.values) == values:
        return told
    apart = len({one.lower() for one in best.values}) == len(best.values) and not any(map(TAG.match, best.values))
    apart = apart and not any(one.lower().split()[0] in LINKS for one in best.values)
    start, end = best.spans[0][0], best.spans[-1][1]
    if not apart or any(first < end and start < last for _, (first, last) in (*without(text.raw), *audited(text.raw))):
        return told
    return Labels(values=best.values, span=Finder(text).span(start, end), sure=told is not None and told.sure)


def target(
    found: tuple[Column, ...],
    names: Sequence[Ranked],
    text: Text,
    places: tuple[Place, ...],
    labels: Labels | None,
) -> tuple[Column, ...]:
    """Return the columns with the likeliest name as the target, where the rules name none or a less likely one."""
    found = tuple(one for one in found if one.role != "output" or one.name.lower() not in VAGUE)
    outputs = [one for one in found if one.role == "output"]
    best = _best(found, names, text, places, labels)
    if best is None or len(outputs) > 1:
        return found
    told = outputs[0] if outputs else None
    if told is not None and told.name == best.name:
        sure = told.status == "stated" or best.share >= SURE
        return tuple(replace(one, status="stated") if one is told and sure else one for one in found)
    own = next((one.share for one in names if told is not None and one.name == told.name), 0.0) + TOLD
    if best.share < (OPEN if told is None else own) or (told is not None and best.name.lower() in TITLES):
        return found
    column = Column(
        role="output",
        name=best.name,
        span=Finder(text).span(*best.span),
        status="stated" if best.share >= SURE else "inferred",
    )
    return (*(one for one in found if one.role == "input" and one.name != best.name), column)


def _best(
    found: tuple[Column, ...],
    names: Sequence[Ranked],
    text: Text,
    places: tuple[Place, ...],
    labels: Labels | None,
) -> Ranked | None:
    """Return the likeliest name that is no class, no place and no column that is ruled out or splits the data."""
    timed = by_time(text.raw)
    taken = {timed[0]} if timed is not None else set()
    taken |= set(labels.values) if labels is not None else set()
    located = [_raw(text, one.span) for one in places if one.span[1]]
    for one in names[:MOST_LOOKED]:
        inside = any(start < one.span[1] and one.span[0] < end for start, end in located)
        if one.name not in taken and not inside and one.name.lower() not in VAGUE:
            return one
    return None


def _raw(text: Text, span: Span) -> Span:
    return text.starts[span[0]], text.ends[span[1] - 1]
