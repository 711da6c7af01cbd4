# ruff: noqa: E501 - a phrase a line
"""The classes that a request lists: `fresh or stale`, `into billing, sales and other`, `(yes/no)`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from trainerspec.drafting.fields.listed import CLASSES, HEADER, ended, led, said
from trainerspec.drafting.fields.prose_lists import announced
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

ITEM = (
    r"['\"`]?[^\W\d_¤](?:[\w&+-]|[\u0900-\u097f]|'(?=\w)){0,40}(?:[ ](?!(?:and|or|und|"
    r"oder|aur|et|ou|y|o|e|u|in|on|at|for|from|using|with|by|per|based|vs|where|that|"
    r"which|so|is|are|the|aus|mit|von|aur|ya|में|या|और)\b)[\w&+'-]{1,40}){0,2}['\"`]?"
)
LAST = (
    r"(?:\s*,)?\s*(?:\band\b|\bor\b|\bof\b(?!\s(?:the|our|a|an|my)\b)|\boppure\b|\bund\b|\boder\b|\by\b|\be\b|\bo\b|\bu\b|\bet\b|\bou\b|"
    r"\baur\b|\bya\b|\bvs\.?|\bversus\b|&|/|या|और|、|,)\s*(?:an?\s+|the\s+)?"
)
LIST = rf"{ITEM}(?:\s*[,/|]\s*{ITEM}){{0,60}}{LAST}{ITEM}"
WORD = r"[^\W\d_¤](?:[\w-]|[\u0900-\u097f]){0,40}"
NOUN = (
    r"(?:labels?|classes|class|categor(?:y|ies)|topics?|kinds?|types?|options|klassen|"
    r"kategorien|themen|etiquetas|clases|categorías|catégories|类别|标签|श्रेणि\S*|लेबल)"
)
SEVERAL = (
    re.compile(
        rf"(?<![^\W_])(?:want|need|be|into|as|queremos|wollen|voulons)\s+(?P<list>{WORD}(?: {WORD}){{0,2}}(?:\s+/\s+{WORD}(?: {WORD}){{0,2}})+)(?=\s*[.,;)\n]|$)"
    ),
    re.compile(
        rf"(?<![\w/.]){WORD}[`\"']?\s*=\s*(?P<list>{WORD}(?: {WORD}){{0,2}}(?:\s+/\s+{WORD}(?: {WORD}){{0,2}})+)(?=\s*[.,;)\n]|$)"
    ),
    re.compile(rf"{NOUN}\s*(?:are|is|=|:|\(|-|sind|son|sont|为|是|\s-\s)+\s*(?P<list>{LIST})"),
    re.compile(
        rf"(?<![^\W_])(?:into|in|to|as|als|om in|en|em|dans|tra|fra|entre|zwischen|between|either|among|one of|1 of|like|"
        rf"-> ?|=> ?)\s+(?:the\s+|these\s+|either\s+|die\s+)?(?:\d+\s+(?:of\s+)?|following\s+|one "
        rf"of\s+)*(?:{NOUN}\s*[:(]?\s*)?[(:]?\s*(?P<list>{LIST})"
    ),
    re.compile(rf"[:(\[]\s*(?P<list>{ITEM}(?:\s*[,/|]\s*{ITEM}){{1,60}}(?:{LAST}{ITEM})?)\s*[)\].;]"),
    re.compile(
        rf"(?:separate|tell|distinguish|discriminate|sort|filter|unterscheide\w*|distinguir|"
        rf"distinguer)\s+(?P<a>{ITEM})\s+(?:apart\s+)?(?:from|vs\.?|versus|and|von|de|"
        rf"und|y)\s+(?P<b>{ITEM})"
    ),
    re.compile(
        rf"\b(?:folders|subfolders|directories|ordner|carpetas|dossiers)\s+(?:are\s+|called\s+|named\s+)?"
        rf"(?P<list>{WORD}(?:,\s*{WORD}){{0,60}},?\s+(?:and|und|y|et)\s+{WORD})"
    ),
    re.compile(
        rf"\b(?:is|are)\b[^.;:?]{{0,40}}?(?P<list>\ban?\s+{ITEM}(?:,\s*an?\s+{ITEM})*,?\s+or\s+an?\s+{ITEM})(?=\s*\?)"
    ),
    re.compile(
        rf"(?P<list>\b(?:eine?n?|una?|une)\s+{ITEM}(?:,\s*(?:eine?n?|una?|une)\s+{ITEM})*,?\s+(?:oder|o|u|ou)\s+"
        rf"(?:eine?n?|una?|une)\s+{ITEM})(?=\s*\?)"
    ),
    re.compile(
        rf"(?:\bko|को)\s+(?P<list>{WORD}(?:,\s*{WORD}){{0,60}}\s+(?:ya|aur|या|और)\s+{WORD})\s+(?:me|mein|mai|main|में)(?!\w)"
    ),
    re.compile(
        rf"(?<![^\W_])(?:in|als|tussen|is het|of het) (?:een )?(?P<a>{WORD}) of (?:een )?(?!the|our|a\b|an\b|my)(?P<b>{WORD})(?=\s*(?:[.,;:?)]|$))"
    ),
    re.compile(rf"(?P<a>{WORD})\s+(?:hai|है)\s+(?:ya|या)\s+(?!nah|नह)(?P<b>{WORD})"),
    re.compile(rf"(?P<list>{WORD}(?:,\s+{WORD}){{1,60}},?\s+(?:or|oder|o|ou|vs\.?)\s+{WORD})(?=\s*(?:[?.,;)]|$))"),
    re.compile(
        rf"(?P<a>{WORD})\s+(?:or|oder|vs\.?|versus|ou|ya|या|还是|或)\s+(?:an?\s+|the\s+)?(?P<b>{WORD})"
        rf"(?=\s*(?:[?.,;):]|$|-|\b(?:from|in|for|by|based|with|filter|filtr|classifier|"
        rf"detector|detection|aus|de|se)\b))"
    ),
    re.compile(rf"(?<![\w/.¤])(?P<list>{WORD}(?: ?/ ?{WORD}){{1,8}})(?![\w/]|\.\w)"),
)
LED = re.compile(
    r"(?:folders|ordner|carpetas|dossiers|into|em|en|dans|in|tra|fra|as|als|entre|between|zwischen|either|among|one of)\s"
)
"""Words that lead to classes wherever they stand: `sort mails.csv into spam and ham`."""
LOOSE = re.compile(r"(?:in|to|as|en|em|dans|like|als)\s")
SORTING = re.compile(
    r"classif|sort|forward|pass|go(?:es)? |label|categor|rout|split|grad|tag|triag|bucket|assign|divid|"
    r"\bzet\b|indel|deel|sorteer|onderscheid|bepaal|scheid|teil|ordn|klassifi|clasific|class|tri[eé]|separ|send|bewert|einstuf|baant|baat"
)
BINARY = re.compile(r"(?<![\d.,])(?P<a>0)(?: (?:as|for|=|is|means) [a-z]+)?(?:,? (?:and|or|&) |/)(?P<b>1)(?![\d.,%])")
CHINESE = (
    re.compile(r'"(?P<a>[^"\s]{1,20})"(?:と|か|または|和|或|还是|와|과|또는)"(?P<b>[^"\s]{1,20})"'),
    re.compile(
        r"(?:分类|分成|类别|标签|种类|等级)\s*[:(]\s*(?P<list>[\u3400-\u9fff]{1,6}"
        r"(?:[,、](?!准确|召回|精确|数据|文件|延迟|要求|模型|图片|目录)[\u3400-\u9fff]{1,6})+)(?![\u3400-\u9fff])"
    ),
    re.compile(
        r"(?:分成|分为|分到|归为|归类为|标为|标成|判断是|属于|识别为|识别|区分|是)\s*(?P<list>[\u3400-\u9fff]{1,6}(?:[,、][\u3400-\u9fff]"
        r"{1,6})*(?:和|或|与|还是)[\u3400-\u9fff]{1,4})"
    ),
    re.compile(r"(?P<list>[\u3400-\u9fff]{1,4}(?:[,、][\u3400-\u9fff]{1,4})*(?:还是|或)[\u3400-\u9fff]{1,4})"),
)
FILES = re.compile(r"(?<![\w/])(?P<stem>[a-z][a-z]+)[_-](?:\d+|\*|x+|n+|###?|<\w+>)\.(?:png|jpe?g|webp|txt|bmp|tiff?)")
ASIDE = re.compile(
    r"\s*(?:à (?:des|la|l'|fin|titre)|afin|pour|zum|zur|um|para|a fin|con el fin|voor|ten behoeve|so that|in order)(?![^\W_])"
)
"""What ends a list: words that say what the classes are for."""
COMPARED = re.compile(r"\b(?:more|less|fewer|than|most|least|mehr|weniger|als|más|menos|que|plus|moins|über|unter)\b")
"""What stands in a comparison, never in the name of a class."""
DATA = re.compile(
    r"(?:\b(?:data|records?|readings?|measure\w*|rows?|sensors?|features?|infos?|information|survey|forms?|history|¤|medidas?|datos|lecturas|daten|"
    r"messwerte|angaben|dati|misure|dados|medições|données|mesures|gegevens|metingen)\b|¤|数据|データ|रीडिंग|नाप|डेटा|आंकड़)[^.;:]*$"
)
"""What a list of columns stands behind."""
NOT_IN = re.compile(
    r"(?<![^\W_])(?:some|each|every|hundred|thousand|that|which|who|it|we|they|my|our|your|their|his|her|qui|que|dass|est-ce|they're|we're|"
    r"i'm|them|this|these|those|etwas|unser\w*|nuestr\w+|notre|nos|werden|wird|will|would|can|could)(?![^\W_])|^(?:nicht|not|niet)$"
    r"|^(?:must|should|since|because|please|wie|weil|damit|bitte|muss|soll|come|como|comme|zoals|moet|porque|perché)(?![^\W_])"
)
"""What stands in no name of a class; a bare `not` is the answer to a question that the list does not tell."""
CLAUSE = re.compile(r",\s*(?:der|die|das|dass|ob|wenn|que|qui|which|who|that|where|whether|so|but|aber|weil|damit)\b")
"""A comma that begins a clause, not the next class."""
OPEN = re.compile(
    r"\b(?:etc|e\.g|such as|for example|for instance|z\. ?b|usw|por ejemplo|par exemple|"
    r"like|including|similar|so on|and more)\b|(?<![优中次上下高低同平特初劣一二三四])等(?!级|待|于)"
)
CUT = re.compile(
    r"^(?:un'|l'|dell'|(?:an?|os?|the|either|is|are|it's|its|our|whether|if|as|into|to|temos|tenemos|abbiamo|avons|haben|have|has|der|die|das|ein|eine|einen|el|"
    r"la|los|las|un|una|le|les|ob)\s+)|\s+(?:etc|texts?|messages?|emails?|ones?|images?|"
    r"photos?|classes|apart|categories|labels|class|else|(?:ein|zu|vor)?(?:sortier|teil|ordn)\w*|klassifizier\w*)$|(?<=[\u3400-\u9fff])的[\u3400-\u9fff]*$"
)


@dataclass(frozen=True, kw_only=True)
class Labels:
    values: tuple[str, ...]
    span: Span
    sure: bool = False
    """Whether the words say that these are classes."""


def labels(text: Text, vocabulary: Vocabulary) -> Labels | None:
    """Find the closed list of classes that the request names; None when there is none, or only examples."""
    return next(_found(text, frozenset(vocabulary.fields["never_labels"])), None)


def _found(text: Text, never: frozenset[str]) -> Iterator[Labels]:
    stems: dict[str, Span] = {}
    for match in FILES.finditer(text.raw.lower()):
        stems.setdefault(match["stem"], match.span("stem"))
    if len(stems) > 1:
        values = tuple(text.raw[a:b] for a, b in stems.values())
        quoted = text.raw.lower()
        if all(stem not in ("img", "image", "photo", "file", "text", "frame") for stem in stems):
            first, last = min(stems.values()), max(stems.values())
            start, end = _inside(text, first[0]), _inside(text, last[1])
            if quoted and start < end:
                yield Labels(values=values, span=(start, end))
    for spans, around in (*announced(text.folded), *said(text.folded)):
        found = _values(text, [one for one in (_trim(text.folded, span) for span in spans) if one], never)
        if found is not None and len(found.values) == len(spans) and not _open(text.folded, around):
            yield replace(found, sure=True)
    for values, span in lists(text, (*CHINESE, *SEVERAL, BINARY), never):
        yield Labels(values=values, span=span)


def _open(folded: str, span: Span) -> bool:
    """Say whether a list gives examples only."""
    return OPEN.search(folded[max(0, span[0] - 12) : span[1] + 8]) is not None


def _values(text: Text, spans: list[Span], never: frozenset[str]) -> Labels | None:
    """Return what stands at some places as classes; None where that can be none."""
    values = tuple(text.exact(a, b).strip(" \"'`“”„‘’「」") for a, b in spans)
    apart = len({value.lower() for value in values}) == len(values)
    if apart and 2 <= len(values) <= 60 and all(_plausible(value, never) for value in values):
        return Labels(values=values, span=(spans[0][0], spans[-1][1]))
    return None


def lists(
    text: Text, patterns: tuple[re.Pattern[str], ...], never: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], Span]]:
    for pattern in patterns:
        for match in pattern.finditer(text.folded):
            spans = _items(match)
            around = text.folded[max(0, match.start() - 12) : match.end() + 8]
            behind_a_name = text.folded[: match.start()].rstrip().endswith("¤") and not LED.match(match.group())
            if spans is None or OPEN.search(around) or behind_a_name:
                continue
            before = text.folded[max(0, match.start() - 80) : match.start()]
            after = match.group() + text.folded[match.end() :][:20]  # German puts the verb last
            if LOOSE.match(match.group()) and not (SORTING.search(before) or SORTING.search(after)):
                continue
            spans = _same_shape(text, spans)
            found = _values(text, spans, never) or (_values(text, spans[1:], never) if len(spans) > 3 else None)
            if found is not None and not (plain_list(match) and _features(before, match)):
                yield found.values, found.span


def _features(before: str, match: re.Match[str]) -> bool:
    """Say whether a list in brackets rather tells what goes in: it stands behind a word for data."""
    if HEADER.search(before):
        return True
    if CLASSES.search(before[-25:]):
        return False
    chosen = re.search(r"\b(?:or|oder|ou|o|ya)\b|/|或|还是", match.group())
    return match.group()[0] in "([" and not chosen and DATA.search(before[-60:]) is not None


def plain_list(match: re.Match[str]) -> bool:
    """Say whether nothing but a bracket or a colon opens a list."""
    return match.group()[:1] in ":(["


def _same_shape(text: Text, spans: list[Span]) -> list[Span]:
    """Take `cracked` of `cracked hen eggs` where the other class is one word: `intact ones`."""
    words = [text.folded[a:b].split() for a, b in spans]
    if (
        len(spans) == 2
        and len(words[0]) > 1
        and len(words[1]) == 1
        and text.folded[spans[1][1] :].lstrip().startswith(("one", "ones"))
    ):
        return [(spans[0][0], spans[0][0] + len(words[0][0])), spans[1]]
    return spans


def _inside(text: Text, raw: int) -> int:
    return next((at for at, start in enumerate(text.starts) if start >= raw), len(text.starts))


def _items(match: re.Match[str]) -> list[Span] | None:
    groups = match.re.groupindex
    if CLAUSE.search(match.group()):
        return None
    if "list" not in groups:
        return [span for span in (_trim(match.string, match.span(name)) for name in ("a", "b")) if span]
    start, end = match.span("list")
    cuts = re.compile(rf"\s*[,/|、]\s*(?:(?:and|or|und|oder|y|o|et|ou|aur|ya)\s+)?|{LAST}|和|或|与|还是")
    spans, last = [], start
    for cut in cuts.finditer(match.string, start, end):
        if cut.end() > cut.start():
            spans.append((last, cut.start()))
            last = cut.end()
    spans.append((last, end))
    spans = [led(match.string, spans[0]), *takewhile(lambda span: not ASIDE.match(match.string, *span), spans[1:])]
    trimmed = [_trim(match.string, ended(match.string, span)) for span in spans]
    return [span for span in trimmed if span] if all(trimmed) else None


def _trim(folded: str, span: Span) -> Span | None:
    start, end = span
    while start < end and folded[start] in " \"'`":
        start += 1
    while end > start and folded[end - 1] in " \"'`.,":
        end -= 1
    for _ in range(3):
        cut = CUT.search(folded[start:end])
        if cut is None:
            break
        start, end = (start + cut.end(), end) if cut.start() == 0 else (start, start + cut.start())
    return (start, end) if start < end else None


def _plausible(value: str, never: frozenset[str]) -> bool:
    low = value.lower()
    if NOT_IN.search(low):
        return False
    if len(value) > 1 and value.isupper():
        return True
    named = bool(value) and len(value) <= 40 and "¤" not in low and not COMPARED.search(low)
    return named and low not in never and low.split()[0] not in never
