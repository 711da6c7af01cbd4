# ruff: noqa: E501 - a phrase a line
"""The phrases in which requests name columns, as regular expressions; group `a` (or `np`) is the name."""

import re

NAME = r"[^\W\d](?:[\w.]*\w)?"
QUOTED = r"[`\"'“”‘„«「](?P<{0}>[^`\"'“”‘’„»」\n]{{1,40}})[`\"'“”’»」]"
COLUMN = (
    r"(?:columns?|fields?|col|spalten?|feld(?:er)?|columnas?|campos?|colonn[ae]s?|champs?|colunas?|kolom(?:men)?|столбец|clave|clé|schlüssel|列|字段|कॉलम|स्तंभ|key)"
    r"(?![a-zà-ÿ])"
)
STATED = (
    re.compile(rf"(?P<a>{NAME})\s*(?:=|is|:)\s*(?:0/1|1/0|yes/no|y/n|true/false|0 or 1)(?![\w/])", re.IGNORECASE),
    re.compile(
        rf"(?P<a>{NAME})\s*\((?:0/1|1/0|yes/no|y/n|true/false|ja/nein|s[ií]/no|oui/non|0 or 1|"
        r"0,\s?1|binary|haan/nahi)\)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:target|label|outcome|output|ground[ -]truth|response|dependent|variable (?:objetivo|cible)|"
        rf"ziel(?:spalte|größe|variable|feld|wert)?|class|etiqueta|objetivo|cible|étiquette|लक्ष्य|目标列?|标签列?)s?"
        rf"(?![a-zà-ÿ])(?:\s+(?:column|variable|field|is|are|in|spalte|the|en|la|dans)\b)*"
        rf"\s*(?::|=|called|named|s['’]appelle|se llama|heißt|"
        rf"nommée?|llamad[oa]|namens|\bin\b|\bis\b|\bist\b|\bes\b|\best\b|是|为)?(?!_)\s*(?:the\s+|der\s+|die\s+|la\s+|el\s+)"
        rf"?(?:{COLUMN}\s*)?[`\"'“]?(?P<a>{NAME})(?=[`\"'”]?\s*(?:[,.;)?!，。]|$|\band\b|"
        rf"\bund\b|\by\b|\bcolumn\b))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"[`\"'“]?(?P<a>{NAME})[`\"'”]?\s+(?:is|as|being|ist|es|est)\s+(?:the\s+|our\s+|"
        rf"my\s+|das\s+|die\s+|el\s+|la\s+)?(?:target|label|outcome|class label|ziel|zielspalte|"
        rf"objetivo|cible|y)\b",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<![\w.])y\s*(?:=|:|is\s)\s*[`\"'“]?(?P<a>{NAME})"),
    re.compile(rf"\.\w+[`\"']?\s*(?:->|=>|→)\s*[`\"'“]?(?P<a>{NAME})"),
    re.compile(r"(?:->|=>|→)\s*[`\"'“]?(?P<a>[^\W\d]\w*_\w+)"),
    re.compile(
        r"\b(?:flag|indicator|answer|verdict|result|outcome|truth|marker|judg[e]?ment|decision)s?\s+(?:is|are|:|=|in|under|called|named)\s*"
        r"(?:the\s+)?(?:column\s+|field\s+)?" + QUOTED.format("a"),
        re.IGNORECASE,
    ),
    re.compile(
        QUOTED.format("a")
        + r"\s+(?:has|is|holds|takes|can be)\s+(?:one of\s+|either\s+|the values?\s+)?[^\W\d_]+\s?/\s?[^\W\d_]+",
        re.IGNORECASE,
    ),
    re.compile(
        QUOTED.format("a") + r"\s+(?:has|holds|contains|gives|carries|stores|is)\s+(?:the\s+)?(?:right\s+|true\s+)?"
        r"(?:answers?|labels?|class(?:es)?|outcomes?|truth|categor(?:y|ies)|targets?|verdicts?)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:predict|estimate|forecast|vorhersagen|predecir|prédire|预测|schätzen)\w*\s+(?:the\s+|"
        r"den\s+|die\s+|el\s+|la\s+|le\s+)?(?:values?\s+(?:of|in)\s+)?" + f"(?:{COLUMN}\\s+)?" + QUOTED.format("a"),
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:predict|estimate|forecast|classify|vorhersagen|predecir|prédire|预测|schätzen|"
        rf"bestimmen)\w*\s+(?:the\s+|den\s+|die\s+|el\s+|la\s+|le\s+)?(?:values? (?:of|"
        rf"in) )?(?:the )?{COLUMN}\s+(?P<a>{NAME})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:predict|estimate|forecast|classify)\w*\s+(?:the\s+)?(?P<a>{NAME})\s+(?:column|"
        rf"field|item|variable|attribute)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:predict|estimate|forecast|want|get|guess|regress|model|vorhersagen|predecir|"
        r"prédire|预测)\w*\s+(?:the\s+)?(?P<a>[a-z][a-z0-9]*(?:_[a-z0-9]+)+)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:tagged|labelled|labeled|annotated|marked|stored)\s+(?:in|as)\s+(?:the\s+)"
        rf"?(?:{COLUMN}\s+)?[`\"'“]?(?P<a>{NAME})[`\"'”]?(?:\s+{COLUMN})?(?=[\s.,;)]|$)",
        re.IGNORECASE,
    ),
)
INSIDE = re.compile(
    rf"(?P<what>[^\W\d_]+)\s+(?:is |are |stands |stored )?(?:in|under|en|dans)\s+(?:the\s+)"
    rf"?(?:{COLUMN}\s+)?[`\"“](?P<a>[^`\"”\s]{{1,40}})[`\"”]",
    re.IGNORECASE,
)
"""`text in "body"`, `type in "label"`."""
MENTION = re.compile(
    rf"(?<![^\W\d_]){COLUMN}(?![^\W\d_])\s*(?:(?:is|are|called|named|heißt|ist|es|è|é|est|si chiama|se chama|se llama|heet|llamada|nommée?)\b|"
    rf":|=|叫|名为|为)?\s*(?:{QUOTED.format('q')}|(?P<n>{NAME}))",
    re.IGNORECASE,
)
MENTION_AFTER = re.compile(
    rf"(?:{QUOTED.format('q')}|(?P<n>[a-z]\w*))\s+(?:column|field|spalte|feld|columna|"
    rf"campo|colonne|列|कॉलम|字段)(?![^\W\d_])(?!\s+(?-i:[a-z])\w*\s*[),.;\n])(?!\s*(?:called|named|namens|heißt|llamad[oa]|nommée?|[:=`\"'“]))",
    re.IGNORECASE,
)
PAIR_AFTER = re.compile(
    r"(?:列|字段|कॉलम)\s*(?:是|为|:|：)?\s*(?P<i>[A-Za-z_]\w*?)\s*(?:和|与|及|、|और|aur)\s*(?P<o>[A-Za-z_]\w*)",
    re.ASCII,
)
PAIR = re.compile(
    r"(?P<i>[A-Za-z_]\w*?)\s*(?:和|与|及|、|,)\s*(?P<o>[A-Za-z_]\w*)\s*(?:这?(?:两|2)(?:个)?)(?:列|字段)", re.ASCII
)
"""`tokens 和 tags 两列`: what goes in, and what comes out."""
LISTED = re.compile(
    rf"(?:\s*(?:has|with|:|,|;|/(?=\s)|->|→|\(|\[|（|having|mit|con|avec)\s*|\s+(?={NAME}/{NAME}))(?:the\s+)"
    rf"?(?:{COLUMN}\s*:?\s*)?(?P<list>[`\"']?{NAME}[`\"']?(?:\s*(?:,|、|;|/|\+|->|→|\band\b|"
    rf"\bund\b|\by\b|\be\b|\bet\b|&)\s*[`\"']?{NAME}[`\"']?)*)",
    re.IGNORECASE,
)
COLUMNS = re.compile(
    rf"(?<![^\W\d_])(?:columns|fields|spalten|felder|columnas|campos|colonnes|champs)"
    rf"\s*:?\s*\(?(?P<list>[`\"']?{NAME}[`\"']?(?:\s*(?:,|/|->|→|\band\b|\bund\b|\by\b|\be\b|"
    rf"\bet\b|&)\s*[`\"']?{NAME}[`\"']?)+)",
    re.IGNORECASE,
)
ONE = re.compile(
    r"^[\W_]*(?:with|mit|con|avec|has)?\s*(?:the\s+)?(?:column|field|spalte|feld|columna|campo|colonne|champ)\s",
    re.IGNORECASE,
)
"""A list that one column opens."""
CHINESE = re.compile(r"[\u3400-\u9fff].*\d|[\u3400-\u9fff]{4}")
"""A run of Chinese that says more than a name."""
PATHS = re.compile(r"[^\s,;]*(?:\.\w{2,7}|/)[^\s,;]*")
PREDICTED = re.compile(
    r"(?:predict(?:s|ing|ion of)?|estimat(?:e|es|ing|ion of)|forecast(?:s|ing)?|calculate|"
    r"guess|model(?:ling)? the|affects?|influences?|drives?|work out|vorhersage[nr]"
    r"?(?: von)?|schätzen|predecir|estimar|prédire|estimer)\s+"
    r"(?:how (?:many|much)\s+|the\s+|our\s+|a\s+|an\s+|its\s+|their\s+|each\s+|future\s+|"
    r"final\s+|den\s+|die\s+|das\s+|el\s+|la\s+|los\s+|las\s+|le\s+|les\s+|l')*(?:value "
    r"of\s+)?(?P<np>[^\W\d_][\w-]*(?:\s+(?!of|for|from|in|at|on|based|using|with|"
    r"by|and|or|to|a|an|the|given|per|will|is|are|that|which|who|when|if|whether|"
    r"so|across|item|column|aus|für|von|de|del|para|pour|du|des|des|basado|would|"
    r"get|gets)[^\W\d_][\w-]*){0,2})",
    re.IGNORECASE,
)
