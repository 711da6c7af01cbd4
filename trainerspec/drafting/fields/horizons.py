# ruff: noqa: E501 - a pattern a line
"""How far ahead people want to look, and how far apart values are: `the next 14 days`, `weekly`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trainerspec.drafting.reading.spans import Span
from trainerspec.reading.values.steps import MONTHS, SECONDS, Steps

UNITS = {
    "minute": r"minutes?|minuten|minutos?|minuti|minuut|分钟|分|मिनट",
    "hour": r"hours?|stunden?|horas?|heures?|ore|ora|uur|uren|个?小时|時間|घंटे|घंटों|ghante",
    "day": r"days?|tagen?|tage|tag|días?|dias?|jours?|giorni|giorno|dagen|dag|天|日間?|दिनों|दिन|din",
    "weekday": r"(?:business|working|trading) days?|werktagen?|handelstagen?|días hábiles|jours ouvr[ée]s|工作日|营业日",
    "week": r"weeks?|wochen?|semanas?|semaines?|settiman[ae]|weken|个?星期|周|週間?|हफ़्ते|हफ्ते|हफ़्तों|सप्ताह|hafte",
    "month": r"months?|monaten?|monate|meses|mes|mois|mesi|mese|maanden|maand|个?月|か月|ヶ月|カ月|महीनों|महीने|mahine",
    "quarter": r"quarters?|quartalen?|quartale|trimestres?|trimestri|kwartalen|kwartaal|个?季度|四半期|तिमाही",
    "year": r"years?|jahren?|jahre|años?|anos?|ans|années?|anni|anno|jaren|jaar|年間?|सालों|साल|वर्ष|saal",
}
EVERY = {
    "minute": r"minutely|minütlich\w*|每分钟",
    "hour": r"hourly|stündlich\w*|horari[oa]s?|horário|por hora|horaires?|par heure|orari[oae]?|uurlijks\w*|每小时|逐时|毎時|प्रति घंटा|हर घंटे",
    "day": r"daily|täglich\w*|tages\w+|diari[oa]s?|diári[oa]s?|quotidien\w*|journali\w+|giornalier\w+|dagelijks\w*|每日|每天|日度|日次|毎日|दैनिक|रोज़ाना",
    "week": r"weekly|wöchentlich\w*|semana(?:l|les|is)|hebdomadaires?|settimanal\w+|wekelijks\w*|每周|周度|週次|毎週|साप्ताहिक",
    "month": r"monthly|monatlich\w*|monats\w+|mensual\w*|mensuel\w*|mensil\w+|mensa(?:l|is)|maandelijks\w*|每月|月度|月次|毎月|मासिक",
    "quarter": r"quarterly|quartalsweise\w*|vierteljährlich\w*|trimestra(?:l|les|is)|trimestriel\w*|kwartaal\w+|每季度|季度数据|四半期ごと|तिमाही आधार",
    "year": r"yearly|annual(?:ly)?|jährlich\w*|anua(?:l|les|is)|annuel\w*|jaarlijks\w*|每年|年度|年次|毎年|वार्षिक",
}
NEXT = r"next|coming|following|upcoming|nächste[nr]?|kommende[nr]?|folgende[nr]?|próxim[oa]s?|siguientes?|prochaine?s?|suivant\w*|à venir|prossim[oiae]|successiv[ie]|komende|volgende|未来|接下来|今後|次の|अगले|अगली|आने वाले|agle|aane wale"
AHEAD = r"ahead|in advance|out|into the future|forward|to come|im voraus|in die zukunft|voraus|a futuro|por adelantado|de antelación|adelante|à l['’]avance|vooruit|in anticipo|à frente|à venir|先|提前"
FORECAST = r"forecasts?|outlook|projections?|horizon|ahead|prognose\w*|vorhersage\w*|pronóstico|prévision\w*|previsi\w+|voorspelling|预测|予測"
TOMORROW = r"tomorrow(?:['’]s)?|morgen|morgige[nr]?|mañana|demain|domani|amanhã|明天|明日|(?:आने वाला )?कल का"
COUNT = r"(?P<n>\d{1,4}|[^\W\d_]{2,12}|[一二三四五六七八九十两]{1,3})"
UNIT = "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in UNITS.items()) + r")(?![a-zà-ÿ])"
PATTERNS = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        rf"(?:{NEXT})[\s-]*{COUNT}[\s-]*{UNIT}",
        rf"(?<!\w){COUNT}[\s-]*(?:{NEXT})[\s-]*{UNIT}",
        rf"(?<!\w){COUNT}[\s-]*{UNIT}[\s-]*(?:{AHEAD})",
        rf"(?<!\w){COUNT}[\s-]*{UNIT}[\s-]*(?:{FORECAST})",
        rf"\b(?:horizon|horizont|horizonte|orizzonte|预测期|ホライズン)\w*\s*(?:of|is|=|:|von|de|di)?\s*{COUNT}(?:[\s-]*{UNIT}|(?:\s+steps)?)",
        rf"(?<!\w){COUNT}\s+(?:time\s+)?steps?[\s-]*(?:{AHEAD})",
        rf"(?:{NEXT})(?:\s*(?:的|の))?\s*{UNIT}",
    )
)
EVERY_SO_MANY = re.compile(
    rf"\b(?:every|each|alle|cada|toutes les|ogni|elke|每|毎)\s*{COUNT}[\s-]*{UNIT}", re.IGNORECASE
)
FRACTION = re.compile(r"\b(?:quarter|half)[- ]hourly|(?:viertel|halb)stündlich\w*", re.IGNORECASE)
LONGER: Mapping[tuple[str, str], int] = {
    ("week", "weekday"): 5, ("month", "weekday"): 21, ("year", "weekday"): 260, ("quarter", "weekday"): 65,
    ("month", "week"): 4, ("quarter", "week"): 13, ("year", "week"): 52,
    ("month", "day"): 30, ("quarter", "day"): 91, ("year", "day"): 365,
    ("month", "hour"): 720, ("day", "weekday"): 1, ("weekday", "day"): 1,
}  # fmt: skip
"""How many of the second unit are in one of the first, where calendars differ."""
MOST = 512


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A length of time that a request names, or a number of steps (`unit` is `step`)."""

    count: int
    unit: str
    span: Span
    """Where the request says it."""

    def steps(self, step: Steps) -> int | None:
        """Return how many steps it is; None where it is no whole number of them.

        >>> week = Ahead(count=2, unit="week", span=(0, 0))
        >>> week.steps(Steps(unit="day")), week.steps(Steps(unit="month")), week.steps(Steps(unit="hour", count=6))
        (14, None, 56)
        """
        if self.unit in ("step", step.unit) and (self.unit == "step" or self.count % step.count == 0):
            return self.count if self.unit == "step" else self.count // step.count
        own, other = MONTHS.get(self.unit, 0) * self.count, step.months
        if not (own and other):
            own, other = SECONDS.get(self.unit, 0) * self.count, step.seconds
        if own and other:
            return own // other if own % other == 0 else None
        each = LONGER.get((self.unit, step.unit), 0) * self.count
        return each // step.count if each else None


HALF_AHEAD = re.compile(r"\b(?:next|coming|following)\s+half(?:\s+an|-)?\s*hour\b", re.IGNORECASE)


def ahead(raw: str, numbers: Mapping[str, float]) -> Ahead | None:
    """Return how far ahead a request looks; `numbers` are words for them.

    >>> found = ahead("the next two weeks", {"two": 2}), ahead("12-month forecast", {}), ahead("sales tomorrow", {})
    >>> [(one.count, one.unit) for one in found if one]
    [(2, 'week'), (12, 'month'), (1, 'day')]
    """
    for pattern in PATTERNS:
        for match in pattern.finditer(raw):
            named = match.groupdict()
            unit = next((name for name in UNITS if named.get(name)), "step")
            count = _count(named.get("n", "1"), numbers)
            if count is not None and 0 < count <= MOST:
                return Ahead(count=count, unit=unit, span=match.span())
    if half := HALF_AHEAD.search(raw):
        return Ahead(count=30, unit="minute", span=half.span())
    tomorrow = re.search(rf"(?<!\w)(?:{TOMORROW})", raw, re.IGNORECASE)
    return Ahead(count=1, unit="day", span=tomorrow.span()) if tomorrow else None


def every(raw: str, numbers: Mapping[str, float]) -> tuple[Steps, Span] | None:
    """Return how far apart a request says that values are.

    >>> found = every("daily sales", {}), every("a reading every 15 minutes", {}), every("sales", {})
    >>> [str(one[0]) if one else None for one in found]
    ['day', '15 minutes', None]
    """
    for match in EVERY_SO_MANY.finditer(raw):
        count = _count(match["n"], numbers)
        unit = next(name for name in UNITS if match[name])
        if count:
            return Steps(unit=unit, count=count), match.span()
    if fraction := FRACTION.search(raw):
        half = fraction[0].lower().startswith("ha")
        return Steps(unit="minute", count=30 if half else 15), fraction.span()
    found = [
        (said.start(), unit, said.span())
        for unit, words in EVERY.items()
        if (said := re.search(rf"(?<![^\W_])(?:{words})(?![a-zà-ÿ])", raw, re.IGNORECASE))
    ]
    if not found:
        return None
    _, unit, span = min(found)
    return Steps(unit=unit), span


def _count(word: str, numbers: Mapping[str, float]) -> int | None:
    if word.isdecimal():
        return int(word)
    found = numbers.get(word.lower())
    return int(found) if found is not None and found == int(found) else None
