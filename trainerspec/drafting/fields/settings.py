# ruff: noqa: E501 - a phrase a line
"""Settings that people say: split, seed, training, replicas, cleaning, and columns that must not be read."""

import re
from collections.abc import Iterator, Mapping, Sequence

from trainerspec.catalog.model import Task
from trainerspec.drafting.fields.searches import searches
from trainerspec.drafting.fields.setting import Setting
from trainerspec.drafting.reading.spans import Span
from trainerspec.ir.json import Json
from trainerspec.language.cleaning import FITTED

NAME = r"[`\"'“]?(?P<{0}>[^\W\d]\w*)[`\"'”]?"
WORDS = {
    **dict.fromkeys(("one", "eins", "eine", "uno", "una", "un", "une", "één", "um", "一"), 1),
    **dict.fromkeys(("two", "zwei", "dos", "deux", "due", "dois", "duas", "twee", "两", "二", "दो"), 2),
    **dict.fromkeys(("three", "drei", "tres", "trois", "tre", "três", "drie", "三", "तीन"), 3),
    **dict.fromkeys(("four", "vier", "cuatro", "quatre", "quattro", "quatro", "四", "चार"), 4),
    **dict.fromkeys(("five", "fünf", "cinco", "cinq", "cinque", "vijf", "五"), 5),
    **dict.fromkeys(("six", "sechs", "seis", "sei", "zes", "六"), 6),
    **dict.fromkeys(("eight", "acht", "ocho", "huit", "otto", "oito", "八"), 8),
    **dict.fromkeys(("ten", "zehn", "diez", "dix", "dieci", "dez", "tien", "十"), 10),
}
NUMBER = rf"(?P<n>\d[\d,]*|(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})(?![a-zà-ÿ]))"
IS = r"\s*(?:of|is|=|:|to|von|de|di|van|at|是|为|设为|固定为|は|を)?\s*"
EPOCHS = r"(?:epochs?|epochen|épocas?|époques?|epoche|epoca|epocas?|tijdperken|轮|エポック)"
REPLICAS = r"(?:replicas?|repliken|réplicas?|répliques?|repliche|pods|copies|副本|レプリカ)"
COUNTS = {
    "model/train/epochs": (
        rf"(?<![\w.]){NUMBER}\s*(?:training\s+)?{EPOCHS}(?![a-z])",
        rf"{EPOCHS}\s*[=:]\s*{NUMBER}(?!\w|\.\d)",
    ),
    "model/train/batch_size": (rf"\bbatch(?:es)?[ _-]?(?:size|größe)?{IS}{NUMBER}\b",),
    "serve/replicas": (
        rf"(?<![\w.]){NUMBER}\s*(?:个\s*)?{REPLICAS}(?![a-z])(?!\s+of\b)",
        rf"{REPLICAS}{IS}{NUMBER}(?![\w%]|\.\d)",
    ),
    "data/split/seed": (
        rf"(?<![^\W_])(?:random\s+)?(?:seed|random_state|zufallszahl|startwert|semilla|semente|graine|seme|随机种子|种子|シード)(?![a-z]){IS}{NUMBER}(?![\w%]|\.\d)",
    ),
}
RATE = re.compile(
    r"\b(?:learning[ _-]?rate|lr|lernrate|tasa de aprendizaje|taux d['’]apprentissage)"
    + IS
    + r"(?P<n>\d*\.?\d+(?:e-?\d+)?)",
    re.IGNORECASE,
)
THREE = re.compile(
    r"(?<![\w./])(?P<a>\d{1,2})\s?%?\s?[/:-]\s?(?P<b>\d{1,2})\s?%?\s?[/:-]\s?(?P<c>\d{1,2})(?:\s?%)?(?![\w/]|[.-]\d)"
)
TWO = re.compile(r"(?<![\w./])(?P<a>\d{2})\s?%?\s?/\s?(?P<c>\d{2})\s?%?(?![\w/]|[.-]\d)")
SPLITS = re.compile(
    r"\b(?:split|train|test|validation|aufteil\w*|divisi[oó]n|divisão|suddivi\w+|verdeling|partición|répartition|holdout)",
    re.IGNORECASE,
)
SHARES = {
    "train": r"(?:train(?:ing)?|entrenamiento|entraînement|addestramento|treino|treinamento)",
    "validation": r"(?:val(?:id(?:ation|ierung)?)?|dev|validación|validazione|validação|validatie)",
    "test": r"(?:test(?:ing|s|e)?|hold-?out|prueba|teste)",
}
BY_TIME = re.compile(
    r"(?:\b(?:split|sort|order|cut|divid|separat)\w*\b[^.;]{0,30}?\b(?:by|in|on|over|along)\s+(?:the\s+)?(?:time|date|dates)\b"
    r"|\bchronological(?:ly)?\b|\b(?:by|in)\s+chronological\s+order\b|\btime[- ](?:based|ordered)\s+split\b|\btemporal\s+split\b"
    r"|\b(?:test|evaluat|validat)\w*\s+(?:part\s+|set\s+|split\s+)?(?:on|is|are|=|with|holds|should be|must be)?\s*(?:the\s+)?(?:latest|last|newest|most recent)\b"
    r"|\bzeitlich\w*\b|\bnach\s+(?:der\s+)?zeit\b|\bpor\s+(?:fecha|tiempo)\b|\bpar\s+(?:date|temps)\b"
    r"|\b(?:d[ée]coupage|s[ée]paration|r[ée]partition|division|divisi[oó]n|partici[oó]n|suddivisione|divis[ãa]o|verdeling|splitsing)\s+(?:temporel(?:le)?|temporale?|chronolog\w+|cronol[oó]gic\w+)\b"
    r"|\b(?:aufteil\w*|teile?n?|d[ée]coup\w*|s[ée]par\w*|divi[ds]\w*|suddivi\w*|splits|verdeel\w*)\b[^.;]{0,40}?\b(?:nach|par|selon|por|per|op)\s+(?:de[mnr]?\s+|la\s+|le\s+|el\s+)?(?:datum|zeit|date|temps|fecha|tiempo|data|tempo|tijd)\b"
    r"|\bchronolog(?:isch\w*|iquement|ique)\b|\bcronol[oó]gic\w+)"
    r"(?:[^.;]{0,90}?\b(?:columns?|fields?|spalten?|columnas?|colonn[ea]|colunas?|campos?|kolom)\s+(?:[`\"'“«](?P<q>[^`\"'”»\n]{1,60})[`\"'”»]|(?P<a>[^\W\d]\w*))\)?)?",
    re.IGNORECASE,
)
"""That the latest rows are to be the test part, and the column that tells the time."""
BY_TIME_CJK = re.compile(
    r"(?:(?P<a>[A-Za-z_][A-Za-z0-9_]*)\s*(?:列|カラム)?\s*(?:で|によって|に基づいて)\s*)?(?:時系列|時間順|日付順|時間)(?:順)?(?:に|で)?(?:分割|分け)"
    r"|(?:按照?|根据)\s*(?P<q>[A-Za-z_][A-Za-z0-9_]*)?\s*列?\s*(?:的)?\s*(?:时间|日期)(?:顺序|先后)?(?:来)?(?:划分|拆分|切分|分割)"
)
"""The same in Japanese and Chinese, where the column stands before."""
BY_GROUP = re.compile(
    r"\b(?:split|group)\w*\s+(?:the (?:data|rows) )?by\s+(?:the\s+)?(?:column\s+|group\s+)?" + NAME.format("a"),
    re.IGNORECASE,
)
PLAIN = (
    r"(?:the|a|an|and|then|on|in|by|over|with|of|is|are|to|rows?|records?|data|days?|weeks?|months?|years?|time|date|dates|"
    r"past|future|older|oldest|old|earlier|earliest|later|latest|last|newest|newer|recent|most|first|part|set|split|"
    r"train|training|test|testing|validate|validation|evaluate|chronologically|\d+)"
)
SPOKEN_SPLIT = re.compile(
    rf"\b(?:split|train|test|evaluate|validate)(?:[\s,:(]+{PLAIN}){{2,}}\b(?:[\s,:(]+(?:column|field)\s+[\w`\"']{{1,30}}\)?)?",
    re.IGNORECASE,
)
"""How a split is described, in plain words alone."""
NOT_GROUP = frozenset(
    ("time", "date", "random", "class", "label", "stratified", "the", "chance", "share", "type", "topic", "kind")
)
CLEAN = {
    "drop_missing": r"(?:drop|remove|delete|discard|skip|without)\w*\s+(?:all\s+|any\s+|the\s+)?(?:rows|records|lines|examples|entries)?\s*(?:with|that have|having)?\s*(?:any\s+)?(?:missing|empty|null|nan)\b(?:\s+values?)?|zeilen (?:mit|ohne) fehlenden? werten? (?:entfernen|löschen|verwerfen)",
    "drop_duplicates": r"(?:drop|remove|delete|discard)\w*\s+(?:all\s+|any\s+|the\s+|exact\s+)?(?:duplicate|duplicated|repeated)\w*(?:\s+(?:rows|records|entries))?|\bde-?duplicat\w+|duplikate (?:entfernen|löschen)",
    "mask_pii": r"\b(?:mask|anonymi[sz]e|redact|pseudonymi[sz]e|scrub|black out)\w*\s+(?:all\s+|any\s+|the\s+)?(?:personal (?:data|information|details)|pii|(?:e-?mails?|phone|bank|card|iban)\b(?:[ -](?:addresses|numbers|accounts))?)|personenbezogene daten (?:maskieren|schwärzen|entfernen)",
    "near_duplicates": r"\b(?:drop|remove|delete|discard|without|leave out)\w*\s+(?:all\s+|any\s+|the\s+)?(?:duplicates and )?near[- ]?duplicat\w+|fast gleiche (?:texte )?(?:entfernen|löschen|weglassen)",
}


def settings(raw: str, task: Task | None = None) -> Iterator[Setting]:
    """Find what a request sets besides task, data and limits; the first wording of each counts.

    Cleaning steps that the task has no use for are none.
    """
    for path, patterns in COUNTS.items():
        match = next((found for one in patterns for found in re.finditer(one, raw, re.IGNORECASE)), None)
        if match is not None:
            word = match["n"].lower()
            yield Setting(path=path, value=WORDS.get(word) or int(word.replace(",", "")), span=match.span())
    rate = RATE.search(raw)
    if rate is not None and 0 < float(rate["n"]) <= 1:
        yield Setting(path="model/train/learning_rate", value=float(rate["n"]), span=rate.span())
    yield from _split(raw)
    yield from searches(raw)
    steps = [(name, found) for name, one in CLEAN.items() if (found := re.search(one, raw, re.IGNORECASE))]
    fit = fitting([name for name, _ in steps], task)
    if fit:
        yield Setting(path="data/clean", value=fit, span=steps[0][1].span())


def fitting(steps: Sequence[str], task: Task | None) -> list[Json]:
    """Return the cleaning steps that fit a task; those that not every task has come on top of the usual ones."""
    fit = [step for step in steps if step not in FITTED or (task is not None and step in task.cleaning)]
    own = task.defaults.get("data") if task is not None and {*fit} & {*FITTED} else None
    usual = own.get("clean") if isinstance(own, Mapping) else None
    return list(dict.fromkeys([*(usual if isinstance(usual, list) else ()), *fit]))


def _split(raw: str) -> Iterator[Setting]:
    for match in (*THREE.finditer(raw), *TWO.finditer(raw)):
        shares = [int(part) for part in match.groups()]
        if sum(shares) == 100 and SPLITS.search(raw[max(0, match.start() - 40) : match.end() + 30]):
            names = ("train", "validation", "test") if len(shares) == 3 else ("train", "test")
            for name, share in zip(names, shares, strict=True):
                yield Setting(path=f"data/split/{name}", value=f"{share}%", span=match.span())
            break
    else:
        shares_said: dict[str, re.Match[str]] = {}
        for name, words in SHARES.items():
            said = re.search(
                rf"(?<![\w.])(?P<n>\d{{1,2}})\s?%\s+(?:for\s+|as\s+|zum\s+|para\s+|de\s+|pour\s+l['’]|per\s+|voor\s+|für\s+)?{words}\b",
                raw,
                re.IGNORECASE,
            )
            if said is not None:
                shares_said[name] = said
        if len(shares_said) > 1 and sum(int(one["n"]) for one in shares_said.values()) <= 100:
            for name, one in shares_said.items():
                yield Setting(path=f"data/split/{name}", value=f"{one['n']}%", span=one.span())
    timed, grouped = by_time(raw), BY_GROUP.search(raw)
    if timed is not None and timed[0]:
        yield Setting(path="data/split/by", value=f"time:{timed[0]}", span=timed[1])
    elif timed is None and grouped is not None and grouped["a"].lower() not in NOT_GROUP:
        yield Setting(path="data/split/by", value=f"group:{grouped['a']}", span=grouped.span())


def by_time(raw: str) -> tuple[str, Span] | None:
    """Return the column by whose times the data is to be split, empty where it is not named; None where it is not.

    >>> by_time("split by time: train on the past, test on the latest days (column day)")[0], by_time("split by city")
    ('day', None)
    >>> by_time("split by time over column `read at`")[0], by_time("découpage temporel par la colonne jour")[0]
    ('read at', 'jour')
    >>> by_time("dateで時系列分割")[0], by_time("按时间划分")[0], by_time("Verkaufszahlen nach Filiale und Datum")
    ('date', '', None)
    """
    matches = (*BY_TIME.finditer(raw), *BY_TIME_CJK.finditer(raw))
    found = [(match["a"] or match["q"] or "", match.span()) for match in matches]
    return next((one for one in found if one[0]), found[0] if found else None)


def without_split(raw: str) -> str:
    """Return a request without the plain words that describe its split, which say nothing of its purpose.

    >>> without_split("Predict rides, split by time: train on the past, test on the latest days (column day)")
    'Predict rides, '
    """
    return SPOKEN_SPLIT.sub("", raw)
