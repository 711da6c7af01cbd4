# ruff: noqa: E501 - a phrase a line
"""The kinds of objects that a request wants found in pictures: `boxes around every cup and every plate`."""

import re

from trainerspec.drafting.fields.boxes import PARTS
from trainerspec.drafting.fields.labels import WORD, Labels
from trainerspec.drafting.fields.listed import cut
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

EACH = r"(?:every|each|all|any|the|alle[ns]?|jede[nsr]?|die|den|das|tod[oa]s|cada|los|las|el|la|tous|toutes|chaque|les|tutt[ie]|ogni|il|lo|gli|le|i|os|as|elke?|de|het)"
AND = r"(?:and|und|y|e|et|en|or|oder|o|ou|of|aur|और)"
STOP = (
    r"(?:and|or|und|oder|y|o|e|et|ou|of|aur|in|on|at|to|for|from|using|with|by|per|that|which|so|is|are|en|de|del|des|du|dans|sur|nel\w*|su|con|com|avec|mit|auf|aus|im|am|"
    r"je|jeweils|op|uit|van|met|em|no|na|nos|nas|para|pour|per|um|and|draw|count|put|then|count|contar|tell|give|located|found|marked|boxed|should|must|sollen|via|as|als|like)(?![^\W_])"
)
KIND = rf"(?!{STOP}){WORD}(?: (?!{STOP}){WORD}){{0,2}}"
ONE = rf"(?:{EACH}\s+){{0,2}}{KIND}"
LIST = rf"(?P<list>{ONE}(?:,\s*{ONE})*,?\s+{AND}\s+{ONE})"
MADE = r"(?:box(?:es)?|bounding box(?:es)?|rectangles?|frames?|rahmen|kästchen|rechtecke?|recuadros?|cajas?|rectángulos?|cadres?|boîtes?|riquadr[io]|caixas?|retângulos?|kaders?|vakjes?|rechthoek(?:en)?)"
AROUND = r"(?:around|round|about|on|over|um|auf|alrededor de|en torno a|sobre|autour d(?:e|es)|sur|attorno a\w*|intorno a\w*|ao redor d(?:e|os|as)|em volta d(?:e|os|as)|om|rond(?:om)?)"
FIND = (
    r"(?:find|finds|detect|detects|locate|locates|spot|spots|mark|marks|box|outline|draw|recogni[sz]e|identify|count|finde\w*|erkenn\w*|markier\w*|lokalisier\w*|detectar|detecta|localizar|"
    r"ubicar|encontrar|marcar|identificar|détecter|repérer|localiser|trouver|encadrer|rilevare|trovare|individuare|localizzare|evidenziare|localizar|vind|vinden|herken\w*|markeer|opsporen)"
)
IN = r"(?:in|on|inside|from|within|at|with|aus|im|auf|mit|en|em|de|dans|sur|nel\w*|su\w*|op|uit|con|com|avec|met|located|found|marked|boxed|,|\.|;|:|-|\(|$)"
PATTERNS = (
    re.compile(rf"(?<![^\W_]){MADE}\s+{AROUND}\s+{LIST}(?![^\W_])"),
    re.compile(rf"(?<![^\W_]){FIND}\s+{LIST}(?=\s*{IN})"),
    re.compile(rf"(?<![^\W_])(?:every|each|jede[nsr]?|cada|chaque|ogni|elke?)\s+{LIST}(?=\s*{IN})"),
    re.compile(
        rf"(?<![^\W_])(?:sollen|müssen|should|must|deben|doivent|devono|devem|moeten)\s+{LIST}(?=\s+(?:jeweils|be|je|each|all|mit|ser|être|essere|worden)(?![^\W_]))"
    ),
    re.compile(
        rf"(?<![^\W_])(?P<list>{WORD}(?:,\s*{WORD})*,?\s+(?:und|en)\s+{WORD})\s+(?:zu\s+|te\s+)?(?:erkennen|finden|markieren|lokalisieren|einrahmen|herkennen|vinden|markeren|opsporen)(?![^\W_])"
    ),
)
LEAD = re.compile(rf"(?:{EACH}\s+)+")
SINGLE = re.compile(
    r"(?<![^\W_])(?:one|a single|single|1|only one|eine|nur eine|una sola|una|une seule|une|uma|één)\s+(?:class|klasse|clase|classe|category|kategorie)\s*[:=,(-]\s*[\"'`]?(?P<name>[^\W\d_][\w-]*)"
)
"""`one class: pothole`."""


def kinds_of_objects(text: Text, listed: Labels | None, vocabulary: Vocabulary) -> Labels | None:
    """Return the kinds of objects that are to be found, or what is `listed` as classes for sure; None without any."""
    never = frozenset(vocabulary.fields["never_labels"])
    if single := SINGLE.search(text.folded):
        return Labels(values=(text.exact(*single.span("name")),), span=single.span("name"))
    for pattern in PATTERNS:
        for match in pattern.finditer(text.folded):
            spans = [_bare(text.folded, one) for one in cut(text.folded, match.span("list"))]
            values = tuple(text.exact(*one) for one in spans)
            apart = len({one.lower() for one in values}) == len(values) > 1
            if apart and not any(one.lower().split()[0] in never for one in values):
                return Labels(values=values, span=(spans[0][0], spans[-1][1]))
    sure = listed is not None and listed.sure and PARTS.isdisjoint(one.lower() for one in listed.values)
    return listed if sure else None


def _bare(folded: str, span: Span) -> Span:
    """Leave out what stands before a kind of object: `every cup`."""
    lead = LEAD.match(folded, *span)
    return (lead.end() if lead else span[0], span[1])
