# ruff: noqa: E501 - a phrase a line
"""Numbers in words become figures: `ninety-five percent`, `nine out of ten`, `zwanzig`, `百分之九十`."""

import re
from collections.abc import Mapping

from trainerspec.drafting.reading.spans import ends_in
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

CHINESE: dict[str, int] = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
CHINESE_NUMBER = re.compile(
    r"百分之(?P<percent>[零一二三四五六七八九十百两〇点0-9.]+)"
    r"|(?P<tenths>[一二三四五六七八九1-9])(?:成|割)(?P<half>[半一二三四五六七八九])?(?=[以的左,.\s准正はをがのも]|$)"
    r"|(?P<plain>[零一二三四五六七八九十百千两点]+)(?=毫秒|秒|分钟|个?小时|兆|个百分点)"
)
FRACTION = re.compile(
    r"(?<![\w.])(?:(?P<three>3) quarters|(?P<two>2) thirds|(?P<drei>drei ?viertel|tres cuartos|trois quarts))(?!\w)"
)
PARTS_OF = {"tenths": 10, "eighths": 8, "sixths": 6, "fifths": 5}
TENTHS = re.compile(rf"(?<![\w.])(?P<n>[1-9])[\s-](?P<of>{'|'.join(PARTS_OF)})(?!\w)(?!\s+of an?\s+(?:second|minute))")
FIFTHS = re.compile(
    r"(?<!\w)(?:(?P<fifths>vier fünftel|quatre cinquièmes|cuatro quintos|quattro quinti|quatro quintos|vier vijfde)"
    r"|neun zehntel|neuf dixièmes|nueve décimos|nove decimi|nove décimos|negen tiende)(?!\w)"
)
"""Four fifths, or nine tenths, in other languages."""
LEAST = re.compile(r"(?<=[\s=:])(?<!\d\s)(?P<n>0?\.\d+)\s+min(?:imum)?(?!\w)(?=\.?\s*(?:$|[.,;)\n]|and\b|[A-Z]))")
"""A share that is the least one: `AUC 0.82 min.`; nobody tells times so."""
PART_OF = re.compile(r"(?:von|de cada|em cada|su|op de|van de|sur|aus|mein se|में से)\s+$")
SHARE = re.compile(
    r"(?<![\w.])(?P<part>\d{1,3})\s*(?:times\s+|mal\s+|veces\s+|fois\s+|volte\s+|vezes\s+|keer\s+)?(?:(?:[^\W\d_]+\s+){1,3}(?=in\s+\d))?"
    r"(?:out of|in|of|von|aus|de cada|em cada|in ogni|su|op de|op|van de|van elke|sur|из|में से|mein se)\s*(?:every|each|je|an?|ogni|elke)?\s*"
    r"(?P<whole>\d{1,4})(?![\w%]|\.\d|\s*(?:ms|s|sec\w*|min\w*|hours?|days?|weeks?|months?|years?|stunden?|sekunden?|mb|gb|kb)\b)"
)
TURNED = re.compile(
    r"(?:out of|of|von|de|sur|su|van)\s+(?:an?\s+|every\s+|cada\s+|ogni\s+|elke\s+)?(?P<whole>100|1000|20|50|10)\s+(?P<between>[^.;\d%]{1,40}?)(?P<part>\d{1,3})(?![\w%.])"
)
"""A whole before its part: `out of a hundred defects no more than three`."""
CHINESE_SHARE = re.compile(
    r"(?P<whole>十|百|10|100|20)(?:[条个张次封份例件人])?(?:里|中)(?:的)?(?P<between>[^\d。;,]{0,6}?)(?P<part>[一二两三四五六七八九]|\d{1,3})(?:[条个张次封份例件人])?"
)
EVERY = re.compile(
    r"(?<![^\W_])(?:every|each|jede[rsn]?|elke|chaque|uno? ogni)\s+(?P<n>second|other|third|fourth|fifth|tenth|twentieth|fiftieth|hundredth|2nd|3rd|4th|5th|10th|20th|100th|"
    r"zweite[rsn]?|dritte[rsn]?|vierte[rsn]?|fünfte[rsn]?|zehnte[rsn]?|zwanzigste[rsn]?|fünfzigste[rsn]?|hundertste[rsn]?|tweede|derde|vierde|vijfde|tiende|twintigste|honderdste)"
    r"(?:\s+(?:time|mal|keer))?(?![^\W_])"
)
ORDINALS = {
    **dict.fromkeys(("sec", "oth", "2nd", "zwe", "twe"), 2),
    **dict.fromkeys(("thi", "3rd", "dri", "der"), 3),
    **dict.fromkeys(("fou", "4th", "vie"), 4),
    **dict.fromkeys(("fif", "5th", "fün", "vij"), 5),
    **dict.fromkeys(("ten", "10t", "zeh", "tie"), 10),
    **dict.fromkeys(("tw", "20t", "zwa"), 20),
    **dict.fromkeys(("hun", "100", "hon"), 100),
}
"""Beginnings of ordinals, the longer ones first where they are alike."""
AND_HALF = re.compile(
    r"(?<!\w)(?:(?:an?|1)\s+(?P<en>seconds?|minutes?|hours?|days?)\s+and\s+a\s+half|(?:anderthalb|eineinhalb)\s+(?P<de>sekunden?|minuten?|stunden?)"
    r"|una?\s+(?P<es>segundo|minuto|hora|ora|secondo)\s+(?:y|e|e\s+)\s*(?:medi[oa]|mezz[oa]|mei[oa])|une?\s+(?P<fr>seconde|minute|heure)\s+et\s+demie"
    r"|anderhalve?\s+(?P<nl>seconde|minuut|uur))(?!\w)"
)
HALF = re.compile(
    r"(?<!\w)(?:half (?:of )?an?|(?:eine |einer |ein )?halbe[ns]?|een halve?|mezzo|mezza|meio|meia|medio|media|une demi|demi|aadha|आधे?|आधा)[\s-]+"
    r"(?=second|hour|minute|sekunde|stunde|segundo|hora|seconde|heure|secondo|ora\b|minut|gig|gb\b|meg|mb\b|सेकंड|सेकेंड)|半(?=秒|小时|个小时)"
)
QUARTER = re.compile(r"(?<!\w)(?:a )?quarter (?:of )?an? (?=second|hour|minute|gig|gb\b|meg|mb\b)")
PARTS = {"ten": 0.1, "zehn": 0.1, "déc": 0.1, "dix": 0.1, "fif": 0.2, "hun": 0.01, "cen": 0.01, "thou": 0.001}
PART = re.compile(
    r"(?<!\w)(?:(?P<n>\d)|an?|eine[rn]?|una?|une)[\s-]+(?P<part>tenth|fifth|hundredth|thousandth|zehntel|hundertstel|décima|"
    r"centésima|dixième|centième)s?(?:\s+(?:of an?|de)\s+|[\s-]*)(?=second|minute|sekunde|segundo|seconde)"
)
"""A tenth of a second."""
ONE = re.compile(
    r"(?<!\w)(?:a|an|one|eine|einer|un|una|une|ek)\s+(?=(?:milli)?(?:second|sekunde|"
    r"segundo|seconde)(?!\w)|(?:hour|stunde|hora|heure)(?!\w))|(?<=sub-)(?=second)"
)
IMPOSSIBLE = 2
"""How many times a whole a part may be said to be: `110 out of 100` is read, and no model does it."""
OF_KINDS = re.compile(r"\s+(?:[^\W\d_]+\s+){0,2}[^\W\d_]+\s*(?:[:(–—]|-\s)")
"""What stands behind the number of kinds that a list then names."""
POINTING = re.compile(r"(?<!\w)(?:that|this|the|which|each|every|any|no|some|another|other|good|bad|new|old)\s+$")
"""What stands before a `one` that is not a number."""
LIMITING = re.compile(r"(?:under|below|within|in|than|most|of|unter|höchstens|menos de|moins d'?|en|max)\s*$")


def figures(text: Text, vocabulary: Vocabulary) -> Text:
    """Write numbers in figures wherever words say one."""
    text = text.rewrite(CHINESE_NUMBER, _chinese)
    text = text.rewrite(CHINESE_SHARE, lambda match: _of_ten(match))
    text = text.rewrite(AND_HALF, lambda match: f"1.5 {next(unit for unit in match.groups() if unit)}")
    text = text.rewrite(EVERY, lambda match: _every(match))
    text = text.rewrite(HALF, lambda match: "0.5 ").rewrite(QUARTER, lambda match: "0.25 ")
    text = text.rewrite(vocabulary.number_run, lambda match: _in_figures(match, vocabulary))
    text = text.rewrite(PART, _part)
    text = text.rewrite(re.compile(r"(?<!\w)sub[- ](?=second)"), lambda match: "under 1 ")
    text = text.rewrite(ONE, lambda match: "1 " if ends_in(LIMITING, match.string, match.start()) else None)
    text = text.rewrite(TENTHS, lambda match: _share(int(match["n"]), PARTS_OF[match["of"]]))
    text = text.rewrite(FIFTHS, lambda match: "80%" if match["fifths"] else "90%")
    text = text.rewrite(LEAST, lambda match: f"at least {match['n']}")
    text = text.rewrite(FRACTION, lambda match: "66.7%" if match["two"] else "75%")
    text = text.rewrite(
        SHARE, lambda match: None if _counts_kinds(match) else _share(int(match["part"]), int(match["whole"]))
    )
    return text.rewrite(TURNED, lambda match: _turned(match))


def _counts_kinds(match: re.Match[str]) -> bool:
    """Say whether `one of four heads: a, b, ...` counts what follows, and is no share."""
    return int(match["part"]) == 1 and OF_KINDS.match(match.string, match.end()) is not None


def _turned(match: re.Match[str]) -> str | None:
    said = _share(int(match["part"]), int(match["whole"]))
    return f"{match['between']}{said}" if said else None


def _of_ten(match: re.Match[str]) -> str | None:
    whole = {"十": 10, "百": 100}.get(match["whole"]) or int(match["whole"])
    said = _share(CHINESE.get(match["part"]) or int(match["part"]), whole)
    return f"{match['between']}{said}" if said else None


def _every(match: re.Match[str]) -> str | None:
    """Read `every second time` and `jede zwanzigste` as shares."""
    word = match["n"]
    many = next((ORDINALS[word[:size]] for size in (3, 2) if word[:size] in ORDINALS), 0)
    within = re.match(
        r"\s+(?:second|minute|hour|day|week|month|year|tag|woche|stunde|sekunde|friday|monday|sunday)",
        match.string[match.end() :],
    )
    return f"{100 / many:g}%" if many and not within else None


def _part(match: re.Match[str]) -> str:
    size = next(size for start, size in PARTS.items() if match["part"].startswith(start))
    return f"{int(match['n'] or 1) * size:g} "


def _in_figures(match: re.Match[str], vocabulary: Vocabulary) -> str | None:
    """Read a number word; outside English only before a unit, since `das` and `once` are words of other languages."""
    if match.group().strip() == "one" and ends_in(POINTING, match.string, match.start()):
        return None
    english = all(
        word in vocabulary.english_numbers for word in re.findall(r"[^\W\d_]+", match.group()) if word != "and"
    )
    if not english and not (
        vocabulary.unit_ahead.match(match.string, match.end()) or ends_in(PART_OF, match.string, match.start())
    ):
        return None
    return _spoken(match.group(), vocabulary.numbers)


def _spoken(phrase: str, words: Mapping[str, float]) -> str | None:
    total = current = last = 0.0
    for word in (
        re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", phrase) if phrase in words else re.findall(r"[^\W\d_]+", phrase)
    ):
        value = words.get(word)
        if value is None:
            continue
        if value in (100, 1000, 1_000_000):
            current = (current or 1) * value
            if value >= 1000:
                total, current = total + current, 0.0
        elif last and last not in (100, 1000) and not (last >= 20 and last % 10 == 0 and value < 10):
            return None
        else:
            current += value
        last = value
    return f"{total + current:.15g}"


def _share(part: int, whole: int) -> str | None:
    if not 0 < part <= IMPOSSIBLE * whole or whole not in (4, 5, 10, 20, 25, 50, 100, 1000):
        return None
    return f"{100 * part / whole:g}%"


def _chinese(match: re.Match[str]) -> str | None:
    if match["percent"]:
        value = _run(match["percent"])
        return None if value is None else f"{value:g}%"
    if match["tenths"]:
        half = match["half"]
        return f"{(CHINESE.get(match['tenths']) or int(match['tenths'])) * 10 + (5 if half == '半' else CHINESE.get(half or '零', 0))}%"
    value = _run(match["plain"])
    return None if value is None else f"{value:g}"


def _run(digits: str) -> float | None:
    """Read a Chinese number below 10,000, or one in figures."""
    if re.fullmatch(r"\d+(\.\d+)?\.?", digits):
        return float(digits.rstrip("."))
    whole, _, fraction = digits.partition("点")
    total, current = 0, 0
    for char in whole:
        if char in CHINESE:
            current = CHINESE[char]
        elif char in "十百千":
            total += (current or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            current = 0
        else:
            return None
    return total + current + sum((CHINESE.get(char, 0) / 10**place for place, char in enumerate(fraction, 1)), 0.0)
