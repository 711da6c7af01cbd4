# ruff: noqa: E501 - a phrase a line
"""Columns that a request rules out, and those that alone may be read."""

import re
from functools import lru_cache

from trainerspec.drafting.reading.spans import Span

LIST = r"(?P<list>{0}(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|or|und|oder|y|et|e|en)\s+){0}){{0,20}})".format(
    r"[`\"'“]?[^\W\d]\w*[`\"'”]?"
)
COLUMNS = r"(?:the\s+|die\s+|la\s+|las\s+|el\s+|les?\s+)?(?:(?:columns?|fields?|features?|variables?|spalten?|columnas?|colonnes?)\s+)?"
WITHOUT = (
    re.compile(
        r"\b(?:do not|don't|never|must not|may not|not to|without|nor)\s+(?:use|using|feed(?:ing)?(?: in)?|look(?:ing)? at|includ(?:e|ing)|read(?:ing)?|rely(?:ing)? on|consider(?:ing)?)\s+"
        + COLUMNS
        + LIST
        + r"(?=\s+(?:as|in|for|to|at|when)\b|\s*[.;,!)]|\s*$)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:ignor(?:e|ing)|exclud(?:e|ing)|leav(?:e|ing) out|omit(?:ting)?|drop(?:ping)?)\s+(?:the\s+)?(?:columns?|fields?|features?|variables?)\s+"
        + LIST,
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:drop|exclude|ignore|omit)\s+(?P<list>[a-z]+_\w+)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:drop|exclude|ignore|omit)\s+(?=[a-z]+_\w+\s*,)" + LIST + r"(?=\s*(?:[.;!)]|$))",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:do not|don't|never|must not|may not|not to)\s+touch\s+" + COLUMNS + LIST, re.IGNORECASE),
    re.compile(
        r"\bspalten?\s+" + LIST + r"\s+(?:darf|dürfen|soll|sollen)\s+nicht\s+(?:verwendet|benutzt|genutzt)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:sin usar|sans utiliser|ohne)\s+(?:la columna|las columnas|la colonne|les colonnes|die spalten?)\s+"
        + LIST,
        re.IGNORECASE,
    ),
)
KEY = r"(?:[`\"'“][^`\"'”\n]{1,40}[`\"'”]|(?<!\w)[^\W\d_]+_\w+|[^\W\d_]+\d\w*)"
KEYS = rf"(?P<list>{KEY}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|nor|und|oder|y|e|o|et|ou|en|of|aur|और)\s+){KEY}){{0,20}})"
SPOKEN = (
    re.compile(
        r"\b(?:leave|keep|take)\s+(?:the\s+)?"
        + COLUMNS
        + LIST
        + r"\s+out\b(?!\s+of\b(?!\s+(?:it|this|that|there|the (?:model|training|inputs?|data|features))\b))",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:exclude|omit|ignore)\s+" + LIST + r"(?=\s*(?:[.;,!)]|$|please|as\b))", re.IGNORECASE),
    re.compile(
        r"\b(?:everything|all(?:\s+(?:the\s+)?(?:other\s+)?columns)?|alles|todo|tout|tutto|tudo)\s+(?:except|but|besides|apart from|außer|menos|excepto|"
        r"salvo|sauf|tranne|eccetto|exceto|behalve)\s+(?:for\s+|de\s+)?" + COLUMNS + LIST,
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:forbids?|bars?|bans?|prohibits?|rules? out|skip|leave out|leave|drop|omit|ignore|ignoring|exclude|excluding|without|except|not use|"
        r"ohne|sin|sans|senza|sem|zonder|weglassen|non usare|no usar|não usar|não use|ne pas utiliser|niet gebruiken)\s+(?:out\s+)?(?:the\s+|la\s+|il\s+|o\s+|a\s+|"
        r"die\s+|de\s+|le\s+)?" + COLUMNS + KEYS,
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:skip|ignore|drop|leave out|omit|exclude|remove)\s+(?:[^.;\n]{0,30}?\band\s+)?(?:the\s+)?(?:columns?|cols?|fields?|features?)\s+"
        + LIST,
        re.IGNORECASE,
    ),
    re.compile(
        KEYS
        + r"(?:\s+(?:cols?|columns?|fields?|spalten?))?\s+(?:is\s+|are\s+)?(?:out\b(?!\s+of\b)|(?:must|may|should|can)(?:\s+not|n't)|off limits|leaks?\b|would (?:only )?(?:let it )?cheat|not allowed|"
        r"weglassen|bitte nicht|nicht (?:verwenden|benutzen|nutzen)|no se (?:usa|debe)|niet gebruiken|मत|नहीं लेना|mat lena)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:not|n't|never)\s+(?:feed|give|show|let)\s+(?:it|them|the model)\s+"
        r"(?:see\s+|have\s+|use\s+|read\s+|know\s+|(?:look|peek)\s+at\s+|the\s+)*" + COLUMNS + LIST,
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:^|[.;,!?]\s+)" + LIST + r"\s+(?:bitte\s+)?nicht\s+(?:verwenden|benutzen|nutzen|einbeziehen)", re.IGNORECASE
    ),
    re.compile(
        r"\b(?:senza usare|sin usar|sem usar|non usare|no uses|no usar|não use|não usar|sans utiliser|ne pas utiliser|zonder)\s+"
        r"(?:il\s+|lo\s+|la\s+|le\s+|l['’]|el\s+|los\s+|o\s+|a\s+|de\s+|het\s+)?" + COLUMNS + LIST,
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:quita[dr]?|quite|elimina[dr]?|omit[ae]|retire[rz]?|enlev(?:er|ez)|supprime[rz]?|ignore[rz]?|togli(?:ere|ete)?|rimuov\w+|escludi|escludere|retire|remova|"
        r"exclua|ignorar?|negeer|verwijder|laat|entfern\w*|ignorier\w*|verwirf)\s+(?:bitte\s+)?(?:la|las|le|les|il|lo|a|as|de|die|el|los)?\s*"
        r"(?:columnas?|campos?|colonn[ae]s?|colunas?|kolom(?:men)?|spalten?)\s+" + LIST,
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:spalten?|kolom(?:men)?|columnas?|colonn[ae]s?|colunas?)\s+"
        + LIST
        + r"\s+(?:bitte\s+|wird\s+|werden\s+|laten we\s+|laat\s+|graag\s+)*"
        r"(?:weglassen|weggelassen|weg|ausschließen|rauslassen|raus|eruit|buiten|niet gebruiken|fuera|non va usata|não entra)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:spalten?|kolom(?:men)?|columnas?|colonn[ae]s?|colunas?|campos?|champs?)\s+"
        + LIST
        + r"\s*\)?\s*(?:mag|mogen|darf|dürfen|soll|sollen|no|non|não|ne)\b[^.;,\n]{0,25}?\b(?:nicht|niet|debe|deben|deve|devono|devem|doit|doivent|pode|podem|puede|pueden|peut|peuvent)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:别用|不要用|不用|勿用|不使用|除了)\s*(?P<list>[A-Za-z_]\w*(?:\s*(?:和|、|,|与)\s*[A-Za-z_]\w*)*)", re.ASCII
    ),
    re.compile(
        r"(?<![A-Za-z0-9_])(?P<list>[A-Za-z_]\w*(?:\s*(?:和|、|,|与|と)\s*[A-Za-z_]\w*){0,8})\s*(?:这|那)?(?:一|两)?(?:个)?(?:列|字段)?(?:别用|不要用|不用|は使わ|を使わ|は除)",
        re.ASCII,
    ),
)
"""Ways to rule columns out that name them as identifiers, or say so plainly."""
ONLY = (
    re.compile(r"\b(?:using|with|from|use|on)\s+(?:only|just)\s+" + COLUMNS + LIST, re.IGNORECASE),
    re.compile(r"\bonly\s+(?:use\s+)?(?:the\s+)?(?:columns|fields|features)\s+" + LIST, re.IGNORECASE),
    re.compile(r"\bfrom\s+the\s+(?:columns|fields|features)\s+" + LIST, re.IGNORECASE),
)
NO_COLUMN = frozenset(
    re.findall(
        r"\S+",
        "rows duplicates it this them any the cpu gpu missing data deep neural a an columna columnas colonne "
        "colonna coluna column columns kolom spalte limit limits internet cloud more less words that these those "
        "our my their his her old anything everything something nothing never not no do then ",
    )
)


@lru_cache(maxsize=8)
def without(raw: str) -> tuple[tuple[str, Span], ...]:
    """Find the columns that must not be read, in the order of the text, each once, with where the text says so."""
    found = (
        (name, match.span())
        for pattern in (*WITHOUT, *SPOKEN)
        for match in pattern.finditer(raw)
        for name in listed_names(match["list"])
    )
    first: dict[str, Span] = {}
    for name, span in sorted(found, key=lambda one: one[1]):
        first.setdefault(name, span)
    return tuple(first.items())


def only(raw: str) -> tuple[tuple[str, ...], Span] | None:
    """Find the columns that alone may be read; None where a request names none."""
    match = next((found for pattern in ONLY for found in pattern.finditer(raw)), None)
    names = listed_names(match["list"]) if match else []
    return (tuple(names), match.span()) if match and len(names) > 1 else None


def listed_names(text: str) -> list[str]:
    """Return the names of a list, each once, without words that are none."""
    cut = (
        one.strip(" `\"'“”")
        for one in re.split(
            r"\s*[,、和与と]\s*(?:and\s+|or\s+)?|\s+(?:and|or|nor|und|oder|y|e|o|et|ou|en|of|aur|और)\s+", text
        )
    )
    return list(dict.fromkeys(one for one in cut if one and one.lower() not in NO_COLUMN))
