"""Columns that a request keeps for an audit: no model reads them, and its answers are compared by their groups."""

import re

from trainerspec.drafting.fields.exclusions import LIST, listed_names
from trainerspec.drafting.reading.spans import Span

PURPOSE = re.compile(
    r"\b(?:for|in|to|as part of|für|zum|zur|para|pour|per|voor)\s+"
    r"(?:(?:the|our|an?|later|die|den|eine?|la|una|une|de|het)\s+|l['’]){0,2}"
    r"(?:(?:fairness|bias|equality|equal[ -]treatment)[ -]*"
    r"(?:audit\w*|checks?|tables?|reports?|reviews?|monitoring|prüfung)"
    r"|audit(?:ing|s|or[ií]as?)?|audits?zwecke|prüfzwecke|kontrollzwecke)\b(?:\s+(?:only|purposes|alone))*",
    re.IGNORECASE,
)
SO = (
    "is|are|stays?|serves?|goes|go|kept|there|in|out|be|must|may|should|can|will|used|only|just|solely|purely|"
    "exclusively|strictly|nur|ist|sind|bleibt|dient|dienen|solo|sólo|es|son|sirven?|uniquement|seulement|est|sont|"
    "sert|soltanto|è|sono|servono|apenas|só|são|alleen|zijn|blijft"
)
BEFORE = re.compile(
    r"(?P<lead>^|[;,:(]\s*|[.!?]\s+|\b(?:and|but|keep|use|have|hold|while|und|y|et|e|en)\s+)(?:the\s+|die\s+|la\s+|le\s+|el\s+)?"
    r"(?:(?:columns?|fields?|spalten?|columnas?|colonn[ae]s?|colunas?|kolom(?:men)?)\s+)?"
    + LIST
    + rf"\s+(?P<so>(?:(?:{SO})\s+){{0,6}})$",
    re.IGNORECASE,
)
BEHIND = re.compile(
    r"(?P<list>[A-Za-z_]\w*(?:\s*(?:和|、|,|与|と)\s*[A-Za-z_]\w*){0,8})\s*(?:这|は)?(?:列|字段)?(?:仅|只|だけ)?(?:用于|用作|は)?(?:审计|監査)(?:用|のみ|だけ)?",
    re.ASCII,
)
LOOKED = 120
"""Characters before the purpose in which the columns stand."""
NO_COLUMN = frozenset(
    re.findall(
        r"\w+",
        "model models tool tools system systems report reports result results score scores prediction predictions "
        "answer answers explanation explanations decision decisions request requests project work study file",
    )
)


def audited(raw: str) -> tuple[tuple[str, Span], ...]:
    """Find the columns that are for auditing alone, in the order of the text, each once, with where it says so."""
    first: dict[str, Span] = {}
    for purpose in PURPOSE.finditer(raw):
        start = max(0, purpose.start() - LOOKED)
        match = BEFORE.search(raw[start : purpose.start()])
        if match is None or not (match["so"] or match["lead"].strip().lower() in ("keep", "use", "have", "hold")):
            continue
        for name in listed_names(match["list"]):
            if name.lower() not in NO_COLUMN:
                first.setdefault(name, (start + match.start("list"), purpose.end()))
    for match in BEHIND.finditer(raw):
        for name in listed_names(match["list"]):
            first.setdefault(name, match.span())
    return tuple(first.items())
