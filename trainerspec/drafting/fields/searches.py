# ruff: noqa: E501 - a phrase a line
"""How long a request wants settings to be searched: "20 trials", "tune for an hour", "prueba 50 configuraciones"."""

import re
from collections.abc import Iterator

from trainerspec.drafting.fields.setting import Setting

COUNTS: dict[str, float] = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
}
COUNTS |= {
    "ein": 1,
    "eine": 1,
    "einer": 1,
    "zwei": 2,
    "drei": 3,
    "zehn": 10,
    "zwanzig": 20,
    "fünfzig": 50,
    "una": 1,
    "un": 1,
    "une": 1,
    "dos": 2,
    "deux": 2,
    "due": 2,
    "half an": 0.5,
}
N = rf"(?P<n>\d[\d,]*|{'|'.join(sorted(COUNTS, key=len, reverse=True))})"
SETTINGS = (
    r"(?:(?:different|other|hyper-?parameter|verschiedene|andere|distint[ao]s|différents?|divers[ei]?)\s+)?"
    r"(?:settings?|configurations?|configs?|(?:hyper-?)?parameter (?:settings|combinations|sets)|combinations? of (?:hyper-?)?parameters|"
    r"einstellungen|konfigurationen|parameterkombinationen|configuraciones|ajustes|réglages|configurazioni|impostazioni|configurações)"
)
TRIES = r"(?:try|test|compare|evaluate|sample|explore|probier\w*|teste|versuch\w*|prueba|probar|ensaya\w*|essa(?:ie|ye)[sz]?|essayer|testez?|prova\w*|experimente|tente)"
RUNS = r"(?:optuna|tun(?:e|ing)|search(?:ing)?|hyper-?parameters?|hpo|optimi[sz](?:e|ation)|suche|optimier\w*|búsqueda|recherche|ricerca|busca)"
TRIALS = r"(?:trials?|versuche|durchläufe|pruebas|ensayos|intentos|essais|tentativ(?:es|i|as)|prove|試行)"
OWN = r"(?=\s*(?:$|[.,;!)]|and\b|und\b|y\b|et\b|within|in\b|at most|each))"
"""What ends a clause of its own; not `20 trials per subject`."""
TRIAL_COUNTS = (
    rf"\b{TRIES}\s+(?:out\s+|up to\s+|at least\s+|bis zu\s+|hasta\s+|jusqu'à\s+)?{N}\s+{SETTINGS}\b",
    rf"\b{N}\s+{RUNS}\s+{TRIALS}\b",
    rf"\b{RUNS}\b[^.;\d]{{0,30}}\b{N}\s+{TRIALS}\b",
    rf"\b{N}\s+{TRIALS}\s+(?:of|for|mit|de|von|di)\s+(?:the\s+)?{RUNS}\b",
    rf"(?:^|[.,;(!]\s*|\b(?:run|do|use|with|in|spend|up to|at most|mit|con|avec)\s+(?:up to\s+|at most\s+)?){N}\s+{TRIALS}\b{OWN}",
)
UNITS = {
    "s": r"seconds?|secs?|sekunden?|segundos?|secondes?|secondi",
    "min": r"minutes?|mins?|minuten?|minutos?|minuti",
    "h": r"hours?|hrs?|h|stunden?|horas?|heures?|or[ae]",
}
SPAN = rf"{N}\s*-?\s*(?P<unit>{'|'.join(UNITS.values())})\b"
LOOKS = r"(?:tune|tuning|search(?:ing)?|optimi[sz]e|suche[nt]?|optimier\w*|tunen|afina\w*|optimiza\w*|busca\w*|ajust\w*|affine\w*|cherche\w*|optimise\w*|ottimizza\w*)"
FOR = r"(?:for|up to|at most|no more than|within|lang|über|während|durante|por|pendant|au plus|per|höchstens)"
TIMES = (
    rf"\b{LOOKS}\b[^.;,\d]{{0,40}}?\b{FOR}\s+(?:about\s+|up to\s+|at most\s+)?{SPAN}",
    rf"\b{LOOKS}\b\s+(?:[^.;,\d]{{0,20}}?\s)?{SPAN}\s+lang\b",
    rf"\b{SPAN}\s+(?:lang\s+)?(?:of\s+|on\s+|for\s+|mit\s+|de\s+)?(?:the\s+)?(?:tun(?:e|ing|en)|hyper-?parameter\w*|search(?:ing)?\b(?!\s+for)|optimier\w*|suchen)\b",
    rf"\b{TRIES}\b[^.;]{{0,40}}?\b(?:for|pendant|durante|per)\s+{SPAN}",
)
TRIED = re.compile(rf"\b(?:{RUNS}|{TRIES}|{TRIALS}|{SETTINGS})\b", re.IGNORECASE)


def searches(raw: str) -> Iterator[Setting]:
    """Find how many trials a request wants, and how long it lets a search run; the first wording of each counts."""
    count = _first(TRIAL_COUNTS, raw)
    if count is not None and _number(count["n"]) >= 1:
        yield Setting(path="search/trials", value=int(_number(count["n"])), span=_own(count))
    time = _first(TIMES, raw)
    if time is not None and TRIED.search(raw):
        unit = next(name for name, words in UNITS.items() if re.fullmatch(words, time["unit"], re.IGNORECASE))
        yield Setting(path="search/time", value=f"{_number(time['n']):g} {unit}", span=_own(time))


def _first(patterns: tuple[str, ...], raw: str) -> re.Match[str] | None:
    return next((found for one in patterns if (found := re.search(one, raw, re.IGNORECASE))), None)


def _number(text: str) -> float:
    word = text.lower()
    return float(COUNTS[word]) if word in COUNTS else float(word.replace(",", ""))


def _own(match: re.Match[str]) -> tuple[int, int]:
    """Return where the words are, without what stands before them."""
    start, end = match.span()
    lead = len(match[0]) - len(match[0].lstrip(" .,;(!"))
    return start + lead, end
