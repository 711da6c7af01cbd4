# ruff: noqa: E501 - a phrase a line
"""Classes that words lead up to: `holds one of a, b, c`, `ok | pore | crack`, `keep, prune or fell?`, `「A」「B」`."""

import re
from collections.abc import Iterator

from trainerspec.drafting.reading.spans import Span

W = r"[^\W\d_¤](?:[\w&'+-]|[\u0900-\u097f])*"
SHORT = rf"[`\"']?{W}(?: {W}){{0,2}}[`\"']?"
AND = r"(?:and|or|und|oder|y|e|o|u|et|ou|of|en|aur|ya|oppure|या|और|或|和|与|と|か|または|и|или|&)"
MORE = rf"(?:\s*[,;/|、·](?:\s*{AND}(?![^\W_]))?\s*{SHORT}|\s*(?<![^\W_]){AND}(?![^\W_])\s*{SHORT})"
LIST = rf"(?P<list>{SHORT}{MORE}{{1,60}})"
CUTS = re.compile(rf"\s*[,;/|、·]\s*(?:{AND}(?![^\W_])\s*)?|\s+{AND}(?![^\W_])\s*|(?<=[\"'`])\s*{AND}\s*(?=[\"'`])")
YES = r"(?:yes|y|ja|j|s[ií]|sim|oui|haan|हाँ|हां|是|はい|да|true|1)"
NO = r"(?:no|n|nein|nee|não|nao|non|nahi|नहीं|否|いいえ|нет|false|0)"
SAID = (
    re.compile(
        r"(?<![^\W_])(?:holds?|is|are|either|contains?|says|enthält|ist|es|contiene|contient|est) [`\"](?P<a>[^`\"\n]{1,30})[`\"] "
        r"(?:or|and|oder|und|o|y|ou|et|of|en|e) [`\"](?P<b>[^`\"\n]{1,30})[`\"]"
    ),
    re.compile(
        rf"(?<![^\W_])(?:[^\W\d_]+s|categorie|classi|klassen) (?:are|sind|son|são|sono|sont|zijn) (?P<list>{W}(?:, {W}){{2,60}})(?=\s*(?:[.;\n]|$))"
    ),
    re.compile(
        r"(?:分成|分为|判断(?:是)?|区分|标出|识别|等级:|类别:)\s*(?P<list>[\u3400-\u9fff]{1,6}(?:[、,][\u3400-\u9fff]{1,4}?){1,20})"
        r"(?=[两三四五六七八几\d]?(?:个)?类|[.,;]|$)"
    ),
    re.compile(
        rf"(?<![^\W_])(?:(?:one|1|any|either) of|values?|werte?|valores?|valor|valeurs?|valori|valore|waarden?|(?:un[oa]?|uma?) (?:de|di|tra|entre)|"
        rf"(?:l'une? )des|één van|eine[rs]? von|मान|取值|值|値|значения)"
        rf"(?: (?:are|is|sind|ist|son|sont|sono|são|zijn|हैं|the|el|la|the following|following))*\s*[:(=-]?\s*{LIST}"
    ),
    re.compile(rf"(?P<list>{W}(?: {W})?(?:\s?\|\s?{W}(?: {W})?)+)"),
    re.compile(rf"\{{(?P<list>{W}(?:\s?[,|]\s?{W})+)\}}"),
    re.compile(rf"¤[/\\]?\s*\((?P<list>{W}(?: {W}){{2,20}})\)"),
    re.compile(
        r"(?:(?<=[\u3040-\u9fff:(])\s*|^|(?<=[\s;.,]))(?P<list>(?:\"[^\"\s]{1,20}\"(?:[,、/・]|和|与|或|と|か|、|または)?\s*){2,})(?=[\u3040-\u9fff]|[.);,]|$)"
    ),
    re.compile(
        r"(?:folders|subfolders|sub-folders|directories|ordnern?|unterordnern?|carpetas|subcarpetas|dossiers|sous-dossiers|cartelle|"
        rf"sottocartelle|子文件夹|文件夹|子目录|サブフォルダ|pastas|subpastas|mappen|submappen)\s*(?:是|为|分别是|は|are\s+|called\s+|named\s+|heißen\s+|namens\s+|llamadas\s+|:\s*|\()?\s*{LIST}"
    ),
)
"""Lists that their own words or marks announce."""
PAIR = re.compile(
    rf"(?<![\w/|,])(?P<list>{YES}\s?[/,|、]\s?{NO}|{NO}\s?[/,|、]\s?{YES})(?![\w/|])"
    rf"|(?<![^\W_])(?P<a>{YES}) (?:or|oder|o|ou|of|ya|या) (?P<b>{NO})(?![^\W_])"
)
"""A question's two answers: `yes/no`, `y,n`, `si/no`, `是/否`."""
FLAGGED = re.compile(
    rf"[`\"'][^\W\d]\w*[`\"'] (?:is|ist|est|es|è|é) (?P<a>{YES}) (?:or|oder|ou|o|of) (?P<b>{NO})(?![^\W_])"
)
"""A column in quotes, and its two values: `'late' is true or false`."""
AFTER_NAME = re.compile(
    rf"(?<![\w/])[\w`\"']+\s*(?:is|=|:|ist|es|est|è|é)\s*\(?(?P<list>{W}(?:/{W})+)(?![\w/])|[\w`\"']\s*\((?P<list2>{W}(?:/{W})+)\)"
)
"""`risk is high/medium/low`."""
SORTS = re.compile(
    r"classif|sort|following|which of|is it|one word|rout|assign|grad|triag|bucket|tagg|label|categor|decide|tell|gehör|zuordn|einteil|einordn|klassifi|clasific|"
    r"ordin|smist|separ|alag|baant|kategor|order|rank|pick|desk|queue|class|kind|type|group|gives?|verdict|says|gênero|genre|tipo|"
    r"art(?:en)? |gruppe|each|species|period|分|判|標|标|लेबल|श्रेण|अलग|वर्ग|thème|tema|estilo|style|stil|gebiet|team|abteilung|département|reparto|setor|afdeling|部署|部門|desk|indel|soort"
)
COLON = re.compile(
    rf"(?:[:–]|\s-|(?<=[^\W\d_])—)\s+(?P<list>{SHORT}(?:(?:,\s*{SHORT}){{1,60}}(?:,?\s+{AND}\s+{SHORT})?|\s+{AND}\s+{SHORT}))(?=\s*(?:[.;)!?\n]|$|,? ?-\s|,\s(?:je|jeweils|one|each|una?|une|all)\s))"
)
"""A list that a colon or a dash opens and a mark ends."""
HEADER = re.compile(
    r"(?:columns?|fields?|cols|spalten?|felder|columnas?|campos?|colonn[ea]s?|champs|colunas?|kolom(?:men)?|列|字段|कॉलम|features?|"
    r"measure\w*|readings?|medidas|lecturas|messwerte|werte|inputs?|sensor\w*|given|with|from|out of|aus|con|avec|com|met|से|रीडिंग|नाप|"
    r"like|such as|e\.g\.|including|row)\s*(?:are|is|:|=|\()?\s*$|\.\w{2,8}\s*\(?$"
)
"""What stands before a list of columns, not of classes."""
CLASSES = re.compile(
    r"(?:by|per|column|col|kolom|spalte|columna|coluna|colonna|colonne|de la|->) \w+\s*$|species|class|verdict|grade|kind|categor|label|type|folder|klass|clase|tipo|ordner|soort|类|種"
)
OR = re.compile(r",?\s+(?P<or>or|oder|o|ou|u|of|oppure|ya|या|или)\s+")
DUTCH = re.compile(r"(?<![a-z])(?:het|een|voor|niet|moet|wil|willen|ik|wij|zijn|van de)(?![a-z])")
EDGE = re.compile(r"[.;!?\n:(\[)\]¤–—\"](?=\s|$|[^\W_])|\s-\s")
LEAD = frozenset(
    re.findall(
        r"\S+",
        "saying says showing states reading uit aus from over von vom be is are was they ze sie ils sono as into to in en em im nel the a an for from between either whether it's its ist sei als ins in es son será "
        "sea sera est soit sont è sia é seja is zijn of een un una une ein eine einen de del di da des d l the named "
        "called tagged labelled labeled marked graded says saldrá hai है",
    )
)
TRIM = re.compile(
    r"(?:(?:an?|the|for|to|in|into|as|either|is|it's|its|also|only|temos|tenemos|abbiamo|haben|have|has|we have|hebben|avons|d'|l'|de|des|du|der|die|das|den|dem|ein|eine|einen|el|la|los|las|un|una|uno|une|le|les|il|lo|"
    r"gli|o|os|um|uma|het|een)\s+|[dl]'|[`\"'])+"
)
RIGHT = re.compile(rf"\s*(?:only\s+)?({W}(?: {W}){{0,4}})")
STOPS = frozenset(
    re.findall(
        r"\S+",
        "from for in at on by with before after based when that which who and or but so to as is are was were has have "
        "will must should ob aus für von mit bei und que para por con en y e et pour dans par avec per con "
        "nel che voor van met in op uit hat haben ist sind there here please then each every per if vom zum im am zur "
        "of about showing shot taken under over until bis sous sobre sotto onder zijn werden wird worden wurde be the a an "
        "der die das den dem les los las il lo gli het",
    )
)
ARTICLE = re.compile(r"(?<![^\W_])(?:an?|the|une?|un[ao]?|eine?|der|die|das|el|la|le|il|lo|o|um|uma|een|het|de) $")
MOST_WORDS = 3


def said(folded: str) -> Iterator[tuple[list[Span], Span]]:
    """Find lists of classes, the surest first: the places of the classes, and of what announces them."""
    for match in FLAGGED.finditer(folded):
        yield [match.span("a"), match.span("b")], match.span()
    for match in SAID[0].finditer(folded):
        yield [match.span("a"), match.span("b")], match.span()
    for pattern in SAID[1:6]:
        yield from _announced(folded, pattern)
    yield from chosen(folded)
    for match in AFTER_NAME.finditer(folded):
        group = "list" if match["list"] else "list2"
        yield cut(folded, match.span(group)), match.span()
    for pattern in SAID[6:]:
        yield from _announced(folded, pattern)
    for match in PAIR.finditer(folded):
        yield ([match.span("a"), match.span("b")] if match["a"] else cut(folded, match.span("list"))), match.span()
    for match in COLON.finditer(folded):
        begin = max(folded.rfind(mark, 0, match.start()) for mark in ".;!?\n") + 1
        before = folded[max(begin, match.start() - 160) : match.start()]
        if (
            SORTS.search(before)
            and not HEADER.search(before)
            and not (before.rstrip().endswith("¤") and not CLASSES.search(before))
        ):
            spans = cut(folded, match.span("list"))
            yield [led(folded, spans[0]), *spans[1:]], match.span()


def led(folded: str, span: Span) -> Span:
    """Return a first class without the words that lead to it: `plainte` of `classer en plainte`."""
    words = list(re.finditer(r"\S+", folded[slice(*span)]))
    leads = [at for at, word in enumerate(words[:-1]) if word.group() in LEAD]
    return (span[0] + words[leads[-1] + 1].start(), span[1]) if leads else span


def _announced(folded: str, pattern: re.Pattern[str]) -> Iterator[tuple[list[Span], Span]]:
    for match in pattern.finditer(folded):
        if HEADER.search(folded[max(0, match.start() - 30) : match.start()]):
            continue
        start, end = match.span("list")
        if pattern is SAID[6]:
            yield [(start + one.start(), start + one.end()) for one in re.finditer(W, folded[start:end])], match.span()
        elif pattern is SAID[7]:
            found = re.finditer(r"\"([^\"]+)\"", folded[start:end])
            yield [(start + one.start(1), start + one.end(1)) for one in found], match.span()
        else:
            yield cut(folded, (start, end)), match.span()


def cut(folded: str, span: Span) -> list[Span]:
    """Cut a list into its members.

    >>> [ "a, b or c"[slice(*one)] for one in cut("a, b or c", (0, 9))]
    ['a', 'b', 'c']
    """
    spans, last, mark, joined = [], span[0], "", False
    for match in CUTS.finditer(folded, *span):
        word = match.group().strip()
        if word == "of" and not DUTCH.search(folded):
            continue
        if joined and word == ",":  # `a, b and c, in a folder`: nothing follows the last one
            break
        joined = joined or word[:1].isalpha()
        sign = next((one for one in "/|" if one in match.group()), ",")
        if mark in ("/", "|") and sign != mark:
            break
        if match.start() > last:
            spans.append((last, match.start()))
        last, mark = match.end(), sign
    else:
        match = None
    spans.append((last, match.start() if match else span[1]))
    done = [ended(folded, one) for one in spans if one[0] < one[1]]
    long = len(folded[slice(*spans[-1])].split()) > len(folded[slice(*done[-1])].split())
    alone = long and folded[:last].rstrip().endswith(",") and all(" " not in folded[slice(*one)] for one in done[:-1])
    return done[:-1] if alone and len(done) > 2 else done


def ended(folded: str, span: Span) -> Span:
    """Return a member without what follows it: `none` of `none with the text`."""
    words = list(re.finditer(r"\S+", folded[slice(*span)]))
    stop = next((at for at, word in enumerate(words) if at and word.group() in STOPS), len(words))
    return (span[0], span[0] + words[stop - 1].end()) if words else span


def chosen(folded: str) -> Iterator[tuple[list[Span], Span]]:
    """Find three and more classes before and behind an `or`: `should it be keep, prune or fell?`.

    >>> text = "each letter is for print, for online only or for the bin."
    >>> [text[slice(*one)] for one in next(chosen(text))[0]]
    ['print', 'online only', 'bin']
    """
    for match in OR.finditer(folded):
        if match["or"] == "of" and not DUTCH.search(folded):
            continue
        edges = [edge.end() for edge in EDGE.finditer(folded, max(0, match.start() - 200), match.start())]
        left = edges[-1] if edges else max(0, match.start() - 200)
        pieces = _pieces(folded, left, match.start())
        right = _behind(folded, match.end())
        if len(pieces) < 2 or right is None:
            continue
        members: list[Span] = [right]
        for span in reversed(pieces[1:]):
            kept = _trimmed(folded, span)
            if kept is None or len(folded[slice(*kept)].split()) > MOST_WORDS:
                break
            members.insert(0, kept)
        whole = len(members) == len(pieces)
        at = len(pieces) - len(members)
        first = _tail(folded, pieces[at], whole_if_short=whole and at == 0 and left in edges)
        if first is not None:
            members.insert(0, first if any(" " in folded[slice(*one)] for one in members) else _bare(folded, first))
        said = [folded[slice(*one)] for one in members]
        if len(said) > 1 and re.fullmatch(YES, said[-2]) and re.fullmatch(NO, said[-1]):
            continue
        if len(members) > 2:
            yield _headless(folded, members), (members[0][0], members[-1][1])


def _pieces(folded: str, start: int, end: int) -> list[Span]:
    cuts = [start, *(start + one.end() for one in re.finditer(",", folded[start:end]))]
    ends = [*(one - 1 for one in cuts[1:]), end]
    return list(zip(cuts, ends, strict=True))


def _trimmed(folded: str, span: Span) -> Span | None:
    start, end = span
    while start < end and folded[start].isspace():
        start += 1
    trim = TRIM.match(folded, start, end)
    start = trim.end() if trim and trim.end() < end else start
    while end > start and folded[end - 1] in " \t\"'`":
        end -= 1
    return (start, end) if start < end and re.match(W, folded[start:end]) else None


def _tail(folded: str, span: Span, *, whole_if_short: bool) -> Span | None:
    """Return the words of the first class: those behind the last word that leads to it."""
    words = list(re.finditer(r"[^\s]+", folded[slice(*span)]))
    if not words:
        return None
    leads = [at for at, word in enumerate(words) if word.group().strip("\"'`") in LEAD or word.group().endswith("'")]
    if leads and leads[-1] + 1 < len(words) and len(words) - leads[-1] - 1 <= MOST_WORDS:
        start = words[leads[-1] + 1].start()
    elif whole_if_short and len(words) <= MOST_WORDS:
        start = words[0].start()
    else:
        start = words[-1].start()
    return _trimmed(folded, (span[0] + start, span[1]))


def _bare(folded: str, span: Span) -> Span:
    """Return the last word where an article leads to a noun and its class: `is a review positive, neutral or negative`."""
    if ARTICLE.search(folded[max(0, span[0] - 6) : span[0]]):
        return span[0] + folded[slice(*span)].rfind(" ") + 1, span[1]
    return span


def _behind(folded: str, at: int) -> Span | None:
    trim = TRIM.match(folded, at)
    start = trim.end() if trim else at
    match = RIGHT.match(folded, start)
    if match is None:
        return None
    start = match.start(1)
    kept = 0
    for word in re.finditer(r"\S+", match[1]):
        if word.group() in STOPS or kept == MOST_WORDS:
            break
        kept += 1
        end = start + word.end()
    return (start, end) if kept else None


def _headless(folded: str, members: list[Span]) -> list[Span]:
    """Cut the noun that all classes share off the last one: `civil, family or labour chamber`."""
    texts = [folded[slice(*one)].split() for one in members]
    last = texts[-1]
    if len(last) != 2 or any(len(one) > 1 for one in texts[:-1]):
        return members
    noun, name = last[1], last[0]
    elsewhere = folded[: members[-1][0]] + folded[members[-1][1] :]
    if re.search(rf"(?<!\w){re.escape(noun)}", elsewhere) or re.search(
        rf"(?<!\w){re.escape(name)}(?!\w| {re.escape(noun)})", elsewhere
    ):
        return [*members[:-1], (members[-1][0], members[-1][0] + len(name))]
    return members
