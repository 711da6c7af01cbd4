# ruff: noqa: E501 - a phrase a line
"""Names that can be but a column's, and which of them the most is said of as what is to be predicted."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from trainerspec.drafting.fields.column_cues import COL, FROM, GUESS, ID, NEVER, ONE, TEXT, TRUTH, Q, R
from trainerspec.drafting.fields.exclusions import only, without
from trainerspec.drafting.fields.listed import NO, YES
from trainerspec.drafting.fields.settings import by_time
from trainerspec.drafting.reading.spans import Span, ends_in

NAME = r"[^\W\d]\w*"
WORD = re.compile(r"\w+")
LATIN = re.compile(r"(?<![A-Za-z0-9_./@-])[A-Za-z][A-Za-z0-9_]+(?![A-Za-z0-9_/@-]|\.[A-Za-z])")
"""A Latin word in a text of another script."""
OTHER_SCRIPT = re.compile(r"[\u0400-\u04ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""What stands in a sentence without blanks, where no name ends."""
OFTEN = 6
"""Letters of another script from which a text counts as one of it."""
FLAG = rf"(?:(?:true or false|yes or no|ja oder nein|oui ou non|s[ií] o no|sim ou não|ja of nee|0 or 1|0 oder 1|0 ou 1|0 o 1)|{YES}\s?[/,|、]\s?{NO}|{NO}\s?[/,|、]\s?{YES}|[01]\s?(?:=|:|when|if|means|wenn|falls|si|se|als|quando|quand|:|：)(?!\w))(?!\w)"
MENTIONS = (
    (True, re.compile(rf"`(?P<a>{NAME})`")),
    (False, re.compile(rf"(?:(?<=[\s(（:,])|^)['\"“„«「‘](?P<a>{NAME})['\"”“»」’](?=[\s).,;:!?）]|$)")),
    (False, re.compile(rf"(?<![\w/.@#\\-])(?P<a>{ID})(?![\w/@\\-]|\.\w)")),
    (True, re.compile(rf"(?<![^\W\d_]){ONE}(?![a-z])\s*(?:called\s+|named\s+)?{Q}(?P<a>{NAME})", re.IGNORECASE)),
    (True, re.compile(r"(?<![A-Za-z0-9_])(?P<a>[A-Za-z][A-Za-z0-9_]*)\s?(?:这|那)?(?:一)?(?:个)?(?:列|字段|カラム|कॉलम)")),
    (True, re.compile(rf"(?<![\w/.@(-])(?P<a>{NAME}){R}\s*(?:\(|,\s*|:\s*|=\s*){FLAG}", re.IGNORECASE)),
    (
        False,
        re.compile(rf"(?<![\w/.@-])(?P<a>{NAME}){R}\s+(?:is|says|tells|shows)\s+(?:what|where|whether|which|who|if|how)\b"),
    ),
    (True, re.compile(rf"\b(?:is|are|was|sits?|stands|recorded|noted|steht|ist|est|está|è|staat|fica)\s+in\s+{Q}(?P<a>{NAME}){R}\s*\((?=[^()\n]{{3,120}},[^()\n]{{1,40}}\))", re.IGNORECASE)),
    (True, re.compile(rf"\b(?:last|letzten?|última|dernière|ultima|laatste)\s+{ONE},?\s+{Q}(?P<a>{NAME})", re.IGNORECASE)),
    (True, re.compile(rf"(?<![\w/.@-])(?P<a>{NAME}){R}\s+(?:from|out of|given|as a function of)\s+`?{ID}")),
    (True, re.compile(r"\bnach\s+(?P<a>[a-zäöüß]{4,})\s+(?:sortier|geordnet|eingeteilt|einsortier|klassifizier)")),
)  # fmt: skip
"""How a name is written that can be but a column's; whether it is one though it is an ordinary word."""
KNOW = (
    r"(?:work out|find out|figure out|foretell|foresee|know|tell me|get|derive|deduce|say|saber|averiguar|savoir|connaître|deviner|sapere|conoscere|ricavare|"
    r"weten|wissen|ermitteln|ableiten|descobrir|calcular|calculer|calcolare|berekenen|berechnen)"
)
NOT_FROM = rf"(?:(?!(?<!\w){FROM}(?!\w))[^.;!?\n(])"
IS = r"(?:is|are|being|ist|es|est|è|é|:|=)"
BEFORE = (
    (4, re.compile(rf"\b(?:{GUESS}|{KNOW})\b{NOT_FROM}{{0,40}}$", re.IGNORECASE)),
    (3, re.compile(rf"\b(?:last|letzten?|última|dernière|ultima|laatste)\s+{ONE},?\s*$", re.IGNORECASE)),
    (4, re.compile(r"(?:预测|预估|判断|估计|予測|推定)\s*$")),
    (3, re.compile(rf"(?:\b{TRUTH}|\b(?:answers?|verdicts?|decisions?|findings?|results?|outcomes?|tags?|truth|judg\w+|urteil|befund|ergebnis|veredicto|resultado|verdetto|esito|oordeel))\b[^.;!?\n]{{0,25}}$", re.IGNORECASE)),
    (3, re.compile(rf"(?<!\w)(?!{TEXT}\b)[^\W\d_]+\s+(?:in|under|unter|en|dans|em|sotto|onder)\s+(?:the\s+)?(?:{COL}\s+)?$", re.IGNORECASE)),
    (3, re.compile(r"\b(?:how (?:much|many)|picks?|picking|choos(?:e|es|ing)|hoeveel|wie ?viele?|cu[aá]nt[oa]s?|quant[oia]|combien)\b[^.;!?\n(]{0,30}$", re.IGNORECASE)),
    (1, re.compile(r"(?:,|\s)(?:and|und|y|e|et|en|aur|और|以及|和)\s*$", re.IGNORECASE)),
    (3, re.compile(r"\b(?:under|unter|sotto|onder|as|als|como|comme|come)\s+$", re.IGNORECASE)),
    (-4, re.compile(rf"(?<!\w)(?:{FROM}|features?|inputs?|such as|like|measure\w*)(?!\w)\s*[^.;:!?\n]{{0,50}}$", re.IGNORECASE)),
    (-4, re.compile(r"\b(?:reads?|reading|leest|liest|legge|lit|lee|lê)\s+(?:the\s+)?$", re.IGNORECASE)),
    (-6, re.compile(r"(?:values|readings|features|inputs|data|werte|medidas|datos|dati|mesures|data)\s*\([^)]*$", re.IGNORECASE)),
    (-6, re.compile(rf"(?:{ID}|`)\s*\($|~[^.;]{{0,60}}$")),
    (-6, re.compile(rf"\b{TEXT}\b[^.;!?\n,]{{0,45}}\s(?:in|under|unter|im|en|dans|em|nella|nel)\s+(?:the\s+)?(?:{COL}\s+)?$", re.IGNORECASE)),
    (-6, re.compile(r"(?:文本|正文|内容|输入|本文)(?:列|字段|是|为|在|は|:|：|\s)*$")),
)  # fmt: skip
"""What the words before a name add to it."""
AFTER = (
    (6, re.compile(rf"\s*(?:\(|,|:|=)?\s*(?:{IS}\s+)?(?:\([^)]{{0,20}}:\s*)?{FLAG}", re.IGNORECASE)),
    (5, re.compile(r",?\s*(?:says|tells|shows|gives|records|indicates|marks|is|=|表示|indique|indica|gibt an|sagt|geeft aan|zegt|vaut|vale|says)[\s,]*(?:whether|if|ob|si|se|of|1|where|which|how|是否)(?![a-z_])", re.IGNORECASE)),
    (4, re.compile(r"\s+(?:sortier|geordnet|eingeteilt|einsortier|klassifizier)")),
    (5, re.compile(rf",?\s*(?:which\s+)?(?:{IS})\s+(?:what\s+(?:i|we|they|matters|counts|interests|is wanted)\b|(?:the|our|my)\s+(?:thing|figure|number|one|value|label|answer|target|outcome|class)\b)", re.IGNORECASE)),
    (4, re.compile(r"\s*(?:列|字段|カラム|कॉलम)?\s*(?:を|को|का|की|के)?\s*(?:予測|推定|当て|अनुमान|बता|predict|estimate|預測)", re.IGNORECASE)),
    (4, re.compile(r"[^.;!?\n]{0,40}(?:geschätzt|vorher\w+|prognostizier\w+|bestimmt|schätzen|voorspel\w+|te weten|worden geschat)", re.IGNORECASE)),
    (4, re.compile(rf"\s+(?:{FROM}|given|on)\s+(?:(?:the\s+)?(?:rest|others?|everything|all)\b|`?{ID})", re.IGNORECASE)),
    (3, re.compile(r"\s+(?:has|takes|holds|says|saying|can be|means|is one of)\b", re.IGNORECASE)),
    (-6, re.compile(rf"\s+(?:is|holds|has|contains|=)\s+(?:the\s+|what\s+)?(?:[^\W\d_]+\s+)?(?:raw\s+)?(?:{TEXT}|[^.;!?\n]{{0,20}}\b(?:wrote|said|sent|typed|reads?))\b", re.IGNORECASE)),
    (-3, re.compile(r"\s*[(（](?:text|texto|texte|testo|tekst|文本|पाठ|本文|inhalt)", re.IGNORECASE)),
)  # fmt: skip
"""What the words behind a name add to it."""
LED_BY = re.compile(
    rf"(?<![\w/.@-])(?P<a>{NAME}){R}(?P<how>\s*(?:,|\(|:|=|–|-)?\s*(?:(?:which|that|whose)\s+)?(?:(?:is|are|says?|saying|holds?|takes|has|have|can be|being|ist|es|est|è|é|vale|列写着|写着|是|为)\s*)?"
    rf"(?:(?:always\s+|exactly\s+)?(?:one of|either|the (?:values?|classes|levels)|values?|levels?|\w+ (?:levels|values|classes):?)\s*)?)[:(\[{{“\"'‘]*\s*$",
    re.IGNORECASE,
)
"""A name directly before the list of its values."""
PLAINLY = re.compile(r"says?\b|saying|takes|=|values")
"""Words that lead from any name, even an ordinary word, to its values."""
HOLDER = re.compile(rf"(?<![\w/.@-])(?P<a>{ID}){R}\s*\($")
VALUES, TWICE, KNOWN, GOES_IN = 6.0, 1.5, 2.0, -4.0
"""What it adds that classes stand behind a name, that it stands twice, that columns of labels, or of texts, are called so."""
LEAST, SURE = 2.0, 5.0
"""The score from which a name is taken as the target, and that from which nobody is asked."""
WINDOW = 70
"""Characters before and behind a name that count."""
NEVER_ANY = frozenset(
    (
        "is",
        "are",
        "the",
        "and",
        "or",
        "it",
        "that",
        "this",
        "which",
        "to",
        "in",
        "on",
        "of",
        "for",
        "a",
        "an",
        "none",
        "only",
        "names",
        "by",
    )
)
"""Words that are no column in any place."""
STOP = re.compile(r"[.;!?。；！？](?=\s|$|[\u3040-\u9fff])|\n\n")


@dataclass(kw_only=True)
class Name:
    """A name, where it stands first, and what speaks for it as the target."""

    span: Span
    score: float = 0.0
    spans: list[Span] = field(default_factory=list)


def pool(
    raw: str,
    taken: list[Span],
    told: list[Span],
    classes: tuple[frozenset[str], Span] | None,
    known: tuple[frozenset[str], frozenset[str], frozenset[str]],
    *,
    tabular: bool,
) -> dict[str, Name]:
    """Weigh every name that can be a column's.

    `taken` are the places of data and models, `told` the names that phrases or lists give, `classes` the labels and where their list begins and ends, `known` words that
    are no name, names of columns with labels, and names of columns that go in.
    """
    never, targets, inputs = known
    ruled = {name.lower() for name, _ in without(raw)}
    alone = only(raw)
    features = {name.lower() for name in alone[0]} if alone else set()
    timed = by_time(raw)
    found: dict[str, Name] = {}
    mentioned = [*((False, span) for span in told), *_mentions(raw)]
    led = _led(raw, classes, {raw[slice(*span)] for _, span in mentioned})
    labels = classes[0] if classes else frozenset()
    foreign = len(OTHER_SCRIPT.findall(raw)) >= OFTEN
    for sure, (start, end) in (*([(True, led)] if led else ()), *mentioned):
        name = raw[start:end]
        low = name.lower()
        out = low in ruled or name in labels or any(first <= start < last for first, last in taken)
        named = name.isascii() or not foreign or not IDEOGRAPH.search(name)
        if out or not named or low in NEVER_ANY or (low in never and not (sure and _plain(low, targets))):
            continue
        if timed is not None and timed[0] == name:
            continue
        one = found.setdefault(name, Name(span=(start, end)))
        if (start, end) not in one.spans:
            one.spans.append((start, end))
    said = Counter(WORD.findall(raw))
    for name, one in found.items():
        one.score = max(_around(raw, span) for span in one.spans)
        one.score += VALUES if led is not None and raw[slice(*led)] == name else 0.0
        one.score += TWICE if said[name] > 1 else 0.0
        one.score += KNOWN if name.lower() in targets else 0.0
        one.score += GOES_IN if name.lower() in features or (not tabular and name.lower() in inputs) else 0.0
    return found


def _plain(low: str, targets: frozenset[str]) -> bool:
    """Say whether an ordinary word may be a column where the text says that it is one."""
    return low in targets or low not in NEVER


def _mentions(raw: str) -> Iterator[tuple[bool, Span]]:
    for sure, pattern in MENTIONS:
        for match in pattern.finditer(raw):
            yield sure or raw[match.start("a") - 1 : match.start("a")] == "`", match.span("a")
    if len(OTHER_SCRIPT.findall(raw)) >= OFTEN:
        for match in LATIN.finditer(raw):
            if not match[0].isupper():
                yield False, match.span()


def _led(raw: str, classes: tuple[frozenset[str], Span] | None, names: set[str]) -> Span | None:
    """Return the name directly before the list of classes: one of `names`, or any word that plainly has values."""
    if classes is None:
        return None
    first = max(0, classes[1][0] - WINDOW)
    match = LED_BY.search(raw[first : classes[1][0]])
    if match is None or match["a"].lower() in NEVER:
        return None
    if match["a"].endswith("s") and match["a"].lower() not in names and (one := match["a"].lower()[:-1]) in names:
        at = re.search(rf"(?<!\w){re.escape(one)}(?!\w)", raw)  # `boards are a, b, c` of the column `board`
        return at.span() if at is not None else None
    if match["a"] not in names and not (PLAINLY.search(match["how"]) and match["a"].isascii()):
        return None
    start = first + match.start("a")
    holder = ends_in(HOLDER, raw, start)  # `forced (found: yes/no)` is `forced`
    return holder.span("a") if holder is not None else (start, first + match.end("a"))


def _around(raw: str, span: Span) -> float:
    before = raw[max(0, span[0] - WINDOW) : span[0]]
    after = raw[span[1] : span[1] + WINDOW]
    stops = [stop.end() for stop in STOP.finditer(before)]
    before = before[stops[-1] :] if stops else before
    stop = STOP.search(after)
    after = after[: stop.start()] if stop else after
    before, after = before.rstrip("`\"'“„«「‘"), after.lstrip("`\"'”“»」’")
    score, nearest = 0.0, -1
    hits = [(weight, match.start()) for weight, pattern in BEFORE if (match := pattern.search(before))]
    for weight, start in hits:
        if weight > 0 and weight >= score:
            score, nearest = weight, max(start, nearest)
    score += min((weight for weight, start in hits if weight < 0 and start > nearest), default=0.0)
    told = [weight for weight, pattern in AFTER if pattern.match(after)]
    return (
        score + max((one for one in told if one > 0), default=0.0) + min((one for one in told if one < 0), default=0.0)
    )
