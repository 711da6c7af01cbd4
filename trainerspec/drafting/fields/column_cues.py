# ruff: noqa: E501 - a phrase a line
"""Phrases that say which column goes in and which comes out, in the order of their certainty; groups `a`, `i` and `o`."""

import re
from functools import lru_cache
from typing import Literal

from trainerspec.drafting.fields.listed import NO, YES, W

Q, R = r"[`\"'“‘„「«]?", r"[`\"'”’“」»]?"
NAME = r"(?<!\w)[^\W\d]\w*"
ASCII = r"(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_]*"
ID = r"(?<!\w)(?:[^\W\d_]+_\w+|[^\W\d_]+\d\w*|(?-i:[a-z]+[A-Z]\w*))"
"""A name that no ordinary word has: with `_`, a digit or a capital inside."""
COL = r"(?:columns?|cols?|fields?|spalten?|feld|columnas?|campos?|colonn[ae]s?|champs?|colunas?|kolom(?:men)?|kolonne|столбец|поле|列|字段|カラム|कॉलम)"
ONE = r"(?:column|col|field|spalte|feld|columna|campo|colonna|colonne|champ|coluna|kolom|столбец|поле|列|字段|カラム|कॉलम)"
IS = r"(?:is|are|=|:|called|named|ist|heißt|es|está|tá|est|è|é|si chiama|se chama|s['’]appelle|se llama|heet|staat|sits|stands|lives|sta|e)"
IN = r"(?:in|en|em|im|dans|nella|nel|na|no|under|unter|as|onder)"
ART = r"(?:the|our|my|a|an|der|den|die|das|el|la|le|lo|il|o|os|um|uma|het|de|l['’]|un|una|une|eine?n?)"
END = r"(?=\s*(?:[.,;:)!?(（。，、；\n]|$)|\s+(?:and|und|y|e|et|en)\b)"
TRUTH = (
    r"(?:targets?|labels?|outcomes?|ground[ -]truth|dependent variable|response variable|zielspalte|zielgröße|zielvariable|zielwert|ziel|objetivo|cible|"
    r"doelkolom|doel|obiettivo|etiquetas?|rótulos?|etichett[ae]|étiquettes?|alvo|variable objetivo|variable cible|target-spalte|label-spalte)"
)
TEXT = (
    r"(?:texts?|messages?|reviews?|body|bodies|notes?|comments?|mails?|e-?mails?|letters?|contents?|descriptions?|transcripts?|statements?|adverts?|"
    r"questions?|posts?|tweets?|lines?|lyrics|abstracts?|textos?|textes?|test[oi]|teksten?|nachricht(?:en)?|inhalt|beschreibung|kommentare?|briefe?|anfragen?|"
    r"comentarios?|mensajes?|descripción|reseñas?|avis|commentaires?|recensioni|recensione|messaggi|messaggio|descri(?:ção|zione)|mensage(?:m|ns)|resumo|"
    r"letra|berichten?|bericht|omschrijving|ocr-text)"
)
GUESS = (
    r"(?:predict(?:ing|s)?|estimat(?:e|es|ing)|forecast(?:ing)?|guess(?:ing)?|need|want|arrive at|comput(?:e|ing)|regress(?:ing)?|model(?:ling)?|"
    r"fit(?:ting)?|infer(?:ring)?|learn(?:ing)?|stimare|stima|prévoir|prévois|preved(?:ere|i)|estimar?|predecir|predice|prever|preveja|prédire|prédis|estimer|schätz\w+|"
    r"vorhersag\w+|prognostizier\w+|voorspel\w*|schat(?:ten)?|bestimm\w+|предска\w+)"
)
FROM = r"(?:from|using|out of|based on|aus|anhand|da|dai|dalle|a partir|à partir|desde|uit|van|without|senza|sin|sans|sem|zonder|ohne|yes/no)"
SHORT = rf"{W}(?:\s?[/|]\s?{W})+"

Role = Literal["input", "output", "both"]
PHRASES: tuple[tuple[Role, str], ...] = (
    (
        "both",
        rf"\b{COL}\s+{Q}(?P<o>{NAME}){R}\s+(?:from|given|aus|a partir de|à partir de|da)\s+{COL}\s+{Q}(?P<i>{NAME})",
    ),
    (
        "both",
        rf"\b(?:predict|classify|infer|guess|get)\s+{Q}(?P<o>label|class|target|category){R}\s+from\s+{Q}(?P<i>{NAME}){R}",
    ),
    ("input", rf"(?P<a>{ASCII})\s*(?:列|カラム)?\s*(?:が|は)\s*(?:本文|テキスト|文章|入力)"),
    ("output", rf"(?P<a>{ASCII})\s*(?:列|カラム)?\s*(?:が|は)\s*(?:ラベル|目的変数|正解|カテゴリ|分類)"),
    ("output", rf"(?P<a>{ASCII})\s*(?:列|カラム)?\s*を\s*(?:予測|推定|当て|分類)"),
    ("input", rf"(?:文本|正文|内容|输入|本文|テキスト)(?:列|字段|是|为|在|は|:|：|\s)*(?P<a>{ASCII})"),
    ("output", rf"(?:标签|目标|目的変数|ラベル|类别)(?:列|字段|变量|是|为|在|は|:|：|\s)*(?P<a>{ASCII})"),
    ("output", rf"(?P<a>{ASCII})\s*(?:列|字段)?\s*(?:是|为)\s*(?:标签|类别|标注|答案|结果|目标)"),
    ("input", rf"(?P<a>{ASCII})\s*(?:列|字段)?\s*(?:是|为)\s*(?:文本|内容|留言|字(?!段)|正文)"),
    (
        "output",
        rf"(?P<a>{NAME})\s+(?:from|out of|given|as a function of)\s+(?:the (?:other|rest)|everything|all (?:the )?others?)",
    ),
    ("output", rf"(?P<a>{ID})\s+(?:out of|from|given|as a function of)\s"),
    ("output", rf"(?<![\w~])(?P<a>{NAME})\s*~\s*[^\W\d]"),
    ("output", rf"\[(?P<a>{ID})\]"),
    ("output", rf"from\s+everything[^.;\n]{{0,40}}?\b(?:want|need|predict)\s+(?P<a>{NAME}){END}"),
    ("both", rf"(?<![\w.,/])(?P<i>{ID})\s*(?:->|→|=>|<TAB>)\s*(?P<o>{NAME})(?=\s*[(.,;]|\s*$|\s)"),
    ("output", rf"(?P<a>{NAME}){R}\s+(?:holds?|contains?|says)\s+[`\"“]"),
    ("output", rf"预测\s*(?P<a>{ASCII})|预测(?:列|字段)?\s*(?P<o>{ASCII})"),
    ("output", r"(?:是|为|叫做?|在)\s*(?P<a>(?<![A-Za-z0-9_])[A-Za-z]+_[A-Za-z0-9_]+)(?=\s*[。，,.；;（(列]|$)"),
    (
        "output",
        rf"(?<![\w-]){TRUTH}[ -]?(?:{COL})?(?:\s*\b{IS}\b|\s*[=:])*\s*(?:\b{IN}\b\s+)?(?:\b{ART}\s+)?(?:{COL}\s+)?{Q}(?P<a>{NAME}){R}(?=\s*(?:[.,;:)!?(（。\n]|$|,|\bund\b|\band\b|=))",
    ),
    (
        "output",
        rf"\b{ONE}\s*(?:(?:giusta|right|correct|correcta|correcte|richtige|juiste|certa|correta)\s+)?(?:=|:|\b{IS}\b|called|named)\s*{Q}(?P<a>{NAME}){R}{END}",
    ),
    (
        "output",
        rf"(?P<a>{NAME})\s*(?:,?\s*which is|holds?|has|takes|contains?|is|=|:|enthält|tiene|contient|contiene|tem|bevat)\s+(?:always\s+|exactly\s+)?(?:one|either|any)\s+of\b",
    ),
    ("output", rf"(?P<a>{NAME})\s*(?:=|:|is)\s*{W}(?:\s*\|\s*{W})+"),
    ("output", rf"(?P<a>{NAME})\s*=\s*{W}(?: {W})?(?:\s+/\s+{W}(?: {W})?)+"),
    (
        "output",
        rf"['\"“‘`](?P<a>{NAME})['\"”’`]\s+(?:is|ist|est|es|è|is ofwel)\s+(?:always\s+)?{YES}\s+(?:or|oder|ou|o|of)\s+{NO}(?!\w)",
    ),
    (
        "output",
        rf"(?P<a>{NAME}){R}\s*,?\s*(?:with\s+)?(?:the\s+)?(?:values?|werte?n?|valores?|valeurs?|valori|waarden)\s*:?\s*{SHORT}",
    ),
    ("output", rf"(?P<a>{NAME}){R}\s*(?:is|=|ist|es|:)\s*\(?{W}(?:/{W})+(?![/\w])"),
    (
        "output",
        rf"(?:what|all)\s+(?:we|i|they)\s+(?:want|need|look for|care about)(?:\s+to\s+(?:know|predict|get))?\s+is\s+(?:the\s+)?{Q}(?P<a>{NAME}){R}{END}",
    ),
    (
        "output",
        r"(?:decisions?|calls?|answers?|verdicts?|letters?|grades?|labels?|outcomes?|results?|categor\w+|class(?:es)?|ratings?|types?|judg\w+|rulings?|"
        rf"recorded|noted|stored|kept|saved|is|are)\b[^.;\n]{{0,80}}?(?:\.\w{{2,8}}\s+)?\bunder\s+{Q}(?P<a>{NAME}){R}(?=\s*[.,;)\n]|\s*$)",
    ),
    (
        "output",
        rf"(?:the|a)\s+[^\W\d_]+\s+(?:that|who|which|it)\s+[^.,;()\n]{{1,40}}?\s+in\s+`(?P<a>{NAME})`",
    ),
    (
        "output",
        rf"(?:gives?|holds?|records?|recorded|lists|notes?|noted|tells|enthält|contiene|contient)\s+(?:the|its|a|den|die|das|el|la|le)\s+(?P<a>{NAME})\s+(?:\([^)]{{1,60}}\)\s+)?(?:for|of)\s+(?:each|every)\b",
    ),
    ("output", rf"\b{GUESS}\s+(?:{ART}\s+)*(?:value of\s+)?{Q}(?P<a>{ID}){R}"),
    (
        "output",
        rf"\b(?:gives?|tells|shows?)\s+(?:me|us|them)\s+(?:{ART}\s+)?{Q}(?P<a>{NAME}){R}\s*\(?(?:{YES}\s?/\s?{NO})",
    ),
    (
        "output",
        rf"\b(?:fit|model|predict|estimate|learn)\s+{Q}(?P<a>{NAME}){R}\s+from\s+(?:everything|all|the (?:rest|other)|what is left)",
    ),
    ("output", rf"\b{GUESS}\s+(?:{ART}\s+)?(?P<a>{NAME})\s+(?:without|senza|sin|sans|sem|zonder|ohne)\b"),
    (
        "output",
        rf"\b(?:regressor|regression)\s+(?:for|of|on)\s+(?:the\s+)?{Q}(?P<a>{NAME}){R}(?=\s*(?:[.,;:)]|$|please|from|in\b))",
    ),
    ("output", rf"(?P<a>{NAME}){R}\s*[(（:]\s*{YES}\s?[/,、]\s?{NO}(?!\w)"),
    ("output", rf"(?P<a>{NAME}){R}\s*\(\s*{W}(?:/{W})+\s*\)"),
    ("output", rf"(?P<a>{NAME}){R}\s+{YES}/{NO}(?!\w)"),
    ("output", rf"(?P<a>{ID})\s*=\s*[01](?![\d.])"),
    ("output", rf"(?P<a>{ID})\s+(?:is|are|steht|está|se trouve|sta|staat)\s+in\b"),
    ("output", rf"\b{GUESS}\b[^.;\n]{{1,60}}?\((?P<a>{ID})\)"),
    (
        "input",
        rf"\b{TEXT}\b(?:\s+(?:is|are|sits?|lives?|stored|found|typed|per \w+|itself|comes|steht|stehen|landet|landen|staat|staan|sta|sono|está|están|se trouve|se trouvent|fica))*\s+(?:in|into|under|im|en|em|dans|nella|in der|in de|nel)\s+(?:{ART}\s+)?(?:{COL}\s+)?{Q}(?P<a>{NAME}){R}(?=\s*[.,;)\n]|\s*$|\s+and\b)",
    ),
    (
        "input",
        rf"{Q}(?P<a>{NAME}){R}\s+(?:is|holds|has|contains|enthält|contiene|tiene|tem|bevat|contient|ist|è|é|est)\s+(?:{ART}\s+)?(?:full\s+|first\s+|raw\s+|whole\s+)?{TEXT}\b",
    ),
    ("input", rf"\b{TEXT}\s+{COL}\s*(?::|=|{IS})?\s*{Q}(?P<a>{NAME}){R}"),
)
CUES: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(source, re.IGNORECASE)) for role, source in PHRASES
)
NEVER = frozenset(
    re.findall(
        r"\S+",
        "output outputs input inputs label labels class classes target targets result results it this that they which "
        "what who column columns col cols 列 字段 カラム कॉलम field fields table folder folders directory file files row rows data "
        "everything all one two and or is are yes no true false value values number answer answers verdicts control "
        "way review consideration pressure contract warranty construction development attack for from with the a an in "
        "on spalte spalten feld columna colonna coluna kolom colonne campo champ und oder ist der die das y e o la el "
        "le les los las de del di da het een en that's accuracy precision recall f1 auc auroc rmse mae mape r2 latency "
        "model cpu gpu good bad ok text image photo photos pictures there here some other others none most classification regression task per like as by set sets data that",
    )
)
"""Words that name no column where nothing but a phrase says so."""


LATIN = re.compile(r"[a-z]{4}")
"""What a phrase of a script with blanks holds; one without is not looked for in a text of ASCII."""


@lru_cache(maxsize=8)
def cued(raw: str) -> tuple[tuple[Role, str, int, int], ...]:
    """Find what the phrases name, the surest first: role of the phrase, its group, and where the name stands."""
    return tuple(
        (role, group, *match.span(group))
        for role, pattern in CUES
        if not raw.isascii() or pattern.pattern.isascii() or LATIN.search(pattern.pattern)
        for match in pattern.finditer(raw)
        for group in ("o", "i", "a")
        if group in pattern.groupindex and match.start(group) >= 0
    )
