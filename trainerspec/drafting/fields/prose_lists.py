# ruff: noqa: E501 - a phrase a line
"""Classes that the grammar of a sentence announces: `three kinds: a, b, c`, `soit a, soit b`, `subfolders a, b and c`."""

import re
from collections.abc import Iterator

from trainerspec.drafting.fields.listed import AND, HEADER, SHORT, W, cut, led
from trainerspec.drafting.reading.spans import Span

NUMBERS = {
    **{str(number): number for number in range(2, 13)},
    **dict.fromkeys(("both", "beide", "beiden", "ambos", "deux", "due", "dos", "duas", "dois", "twee", "zwei"), 2),
}
COUNT = rf"(?P<count>{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
THING = r"(?:[^\W\d_]+ ){0,2}[^\W\d_]+"
LIST = (
    rf"(?P<list>{SHORT}(?:,\s*{SHORT}){{1,11}}(?:,?\s+{AND}(?![^\W_])\s*{SHORT})?|{SHORT}\s+{AND}(?![^\W_])\s*{SHORT})"
)
END = r"(?=\s*(?:[.;)\]!?\n]|$|\s[-–—]\s|,\s*(?:je|jeweils|one|each|every|una?|une|per|um|all|al|alle|todas?|todos|toutes|tous|tutte|tutti|dentro|inside|under|in|en|in|and|und|y|et|e)\b|\s*¤))"
COUNTED = re.compile(rf"(?<![\w.,]){COUNT}\s+(?P<thing>{THING})\s*(?:[:(–—]|-\s|\s-\s|,\s*)\s*{LIST}{END}")
"""A number of things, and a list: it is one of classes where it has so many members."""
THREE = rf"(?P<list>{W}(?: {W})?(?:,\s*{W}(?: {W})?){{1,20}}(?:,?\s+{AND}(?![^\W_])\s*{W}(?: {W})?)?)"
FOLDERS = re.compile(
    r"(?<![^\W_])(?:sub-?folders|sub-?directories|folders|directories|(?:unter)?ordnern?|(?:sub)?carpetas|(?:sous-)?dossiers|(?:sotto)?cartelle|(?:sub)?pastas|(?:sub)?mappen|labels?|classes|classi|klassen|clases)"
    rf"(?:\s+(?:are|called|named|heißen|namens|sind|llamadas|son|nommés|chiamate|chamadas))?\s+(?!and\b|of\b|in\b|are\b|for\b){THREE}{END}"
)
"""A list directly behind a word for folders or classes."""
APART = re.compile(
    rf"(?<![^\W_])(?:distinguere|distinguir|distinguer|distinguish(?: between)?|unterscheiden(?: zwischen)?|onderscheid(?:en)?(?: tussen)?|tell apart|riconoscere se)\s+(?:si|se|ob|of|whether|entre|tra|fra|een|ein)?\s*{THREE}{END}"
)
COPULA = re.compile(
    r"(?:(?<=[.;!?:] )|^|(?<=[–—-] ))(?:são|sono|son|sind|es sind|es gibt|they are|these are|there are|ce sont|het zijn|dat zijn|estos son)\s+"
    rf"(?P<list>{W}(?: {W})?(?:,\s*{W}(?: {W})?){{1,20}},?\s+{AND}(?![^\W_])\s*{W})(?=\s*[.;!?\n]|$)"
)
EACH = re.compile(
    r"(?<![^\W_])(?P<det>soit|quali|which|welche|quels|quelles|cuáles|quais|welke|entweder|sea|ya sea|mal|ora)\s[^.;!?\n]{2,60}?(?:,|\s(?:and|und|y|e|et|en|or|ou|o)\s)\s*(?P=det)\s[^.;!?\n]+"
)
"""A word that is repeated before each class: `soit a, soit b`, `quali sono a, quali b e quali c`."""
BEHIND = re.compile(
    rf"(?:(?<=[.;!?:] )|^){THREE}\s+(?:[-–—]|\()\s?(?:that's|that is|this is|which is|das ist|c'est|questo è|isso é|dat is|these are|es)\s+(?:the |our |what's in |in |das |le |il )?(?:field|column|label|class|feld|spalte|columna|colonne|champ|colonna|kolom)"
)
HINDI = re.compile(
    r"(?P<list>[\u0900-\u097f]+ (?:है|हैं)(?:\s*,\s*[\u0900-\u097f]+ (?:है|हैं)){0,8}\s*,?\s*या\s+[\u0900-\u097f]+)"
)
IN_CLASSES = re.compile(
    r"(?P<list>[\d\u3400-\u9fff]{1,6}(?:[、,][\d\u3400-\u9fff]{1,6}?){1,20}(?:[和与或][\d\u3400-\u9fff]{1,6}?)?)(?=[两三四五六七八九十几\d]+(?:个|种)?(?:大)?(?:类|部门|种|组|科|级别|等级|档|方面))"
)
LEVELS = re.compile(
    r"(?:等级|级别|档次|类别|种类|结果)\s*(?:是|为|有|分)?\s*[:：]\s*(?P<list>[\d\u3400-\u9fff]{1,6}(?:[、,][\d\u3400-\u9fff]{1,6}){1,20})(?=[.;。；]|$)"
)
OF_COLUMN = re.compile(
    r"(?:列|字段)\s*(?:的?值)?(?:是|为|写着|里是|记着)\s*(?P<list>[\u3400-\u9fff]{1,6}(?:[、,][\u3400-\u9fff]{1,6})*(?:和|或|还是|与)[\u3400-\u9fff]{1,6}?)(?=[.,;]|$)"
)
LEAD = re.compile(r"^.*(?:分到|分成|分为|归到|归为|判断|判定|判|标出|识别|区分|属于|是|为|出|到|成)(?=.)")
"""What stands before the first class of a Chinese list."""
PARTS = re.compile(r"[、,和与或]|还是")
SAY = re.compile(
    rf"(?<![^\W_])(?:say|decide|judge|tell|answer)\s+(?:if it's\s+|if it is\s+|whether it is\s+)?(?P<a>{W})\s+or\s+(?P<b>{W})(?=\s*[.;!?)]|\s*$)"
)
ENTRY = re.compile(
    rf"(?:(?<=[.;!?] )|^|\n)\s*(?P<name>{W})\s*[:=]\s*(?P<list>{W}(?: {W})?(?:,\s*{W}(?: {W})?){{1,20}}(?:,?\s+{AND}(?![^\W_])\s*{W})?)(?=\s*[.;\n]|$)"
)
"""`urgency: immediate, today, routine.`, where `urgency` is named again as a column."""
HELD = re.compile(
    rf"(?<![\w/.@-])(?P<name>{W})[`\"']?\s*[(（]\s*(?P<list>{W}(?: {W})?(?:\s*[,/|、]\s*{W}(?: {W})?){{1,20}}(?:,?\s+{AND}(?![^\W_])\s*{W})?)\s*[)）]"
)
"""`priority (low, mid, high)`, where `priority` is a column."""
SHORTEST = 3
"""Letters from which a word that stands twice may be a column's name."""
ASKED = re.compile(r"(?:gives?|predict\w*|estimate|guess|learn|infer|assign\w*|read\w*|पढ़|बता|判|予測)[^.;!?\n]{0,25}$")


def announced(folded: str) -> Iterator[tuple[list[Span], Span]]:
    """Find lists that the grammar of the sentence announces: the places of the classes, and of what announces them.

    >>> text = "every mail is of one of 3 kinds: bill, praise and other."
    >>> [text[slice(*one)] for one in next(announced(text))[0]]
    ['bill', 'praise', 'other']
    """
    for match in COUNTED.finditer(folded):
        spans = cut(folded, match.span("list"))
        if len(spans) == NUMBERS[match["count"]]:
            yield spans, match.span()
    for match in EACH.finditer(folded):
        ends = rf"(?=\s*,|\s(?:and|und|y|e|et|en|or|ou|o)\s+{match['det']}\s|$)"
        found = re.finditer(rf"(?<!\w){match['det']}\s+(?:{W}\s+){{0,2}}({W}){ends}", match.group())
        yield [(match.start() + one.start(1), match.start() + one.end(1)) for one in found], match.span()
    for pattern in (FOLDERS, APART, COPULA, BEHIND):
        for match in pattern.finditer(folded):
            spans = cut(folded, match.span("list"))
            if len(spans) > (1 if pattern in (APART, FOLDERS) else 2):
                yield [led(folded, spans[0]), *spans[1:]], match.span()
    for match in HINDI.finditer(folded):
        found = re.finditer(r"(?<!या )([\u0900-\u097f]+)(?= (?:है|हैं))|(?<=या )\s*([\u0900-\u097f]+)", match["list"])
        yield [(match.start() + one.start(), match.start() + one.end()) for one in found], match.span()
    for pattern in (IN_CLASSES, LEVELS, OF_COLUMN):
        for match in pattern.finditer(folded):
            spans = _parts(folded, match.span("list"))
            lead = LEAD.search(folded[slice(*spans[0])]) if pattern is not LEVELS else None
            first = (spans[0][0] + (lead.end() if lead else 0), spans[0][1])
            yield [first, *spans[1:]], match.span()
    for match in SAY.finditer(folded):
        yield [match.span("a"), match.span("b")], match.span()
    for pattern in (ENTRY, HELD):
        for match in pattern.finditer(folded):
            name = re.escape(match["name"])
            others = folded[: match.start()] + " ¦ " + folded[match.end() :]
            again = len(match["name"]) > SHORTEST and re.search(rf"(?<!\w){name}(?!\w)", others)
            code = "_" in match["name"] or folded[match.start("name") - 1 : match.start("name")] == "`"
            asked = pattern is HELD and ASKED.search(folded[max(0, match.start() - 60) : match.start()])
            if (again or code or asked) and not HEADER.search(match["name"] + " "):
                yield cut(folded, match.span("list")), match.span()


def _parts(folded: str, span: Span) -> list[Span]:
    """Cut a list that is written without blanks."""
    cuts = [one.span() for one in PARTS.finditer(folded, *span)]
    starts, ends = [span[0], *(one[1] for one in cuts)], [*(one[0] for one in cuts), span[1]]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
