# ruff: noqa: E501 - a phrase a line
"""The kinds of entities that a request wants found: `find names and dates in letters`, `B-POI, I-POI, O`."""

import bisect
import re

from trainerspec.drafting.fields.labels import ITEM, WORD, Labels, labels, lists
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

MARKS = (
    r"(?:find|extract|mask|redact|tag|highlight|mark|recogni[sz]e|identify|pull out|pull|detect|spot|locate|blank out|strip|remove|colou?r|annotate|"
    r"label|label(?:led)?|markier\w*|erkenn\w*|extrahier\w*|finde|schwärz\w*|marcar?|extraer|etiquetar|resaltar|detectar|extraire|repérer|surligner|"
    r"annoter|étiqueter|estrarre|estrai|evidenzi\w+|marcare|annotare|riconosc\w+|extrair|anotar|destacar|identificar|markeren?|herken\w*|vind|haal)"
)
LED = rf"(?:the|as|os|an?|o|el|los|las|la|les?|il|lo|gli|i|die|den|das|de|het) {WORD}(?: (?:de|da|do|di|del|du|des|of|von|van) {WORD}| {WORD})?"
"""A kind of entity behind its article: `os anos de estudo`."""
ENTITIES = (
    re.compile(
        rf"(?<![^\W_])(?P<list>{WORD}(?:,\s*{WORD}){{0,12}},?\s+(?:en|und|e|y)\s+{WORD})\s+(?:te\s+|zu\s+)?(?:halen|extraheren|markeren|herkennen|"
        r"vinden|extrahieren|herausziehen|herauslesen|finden|markieren|erkennen|schwärzen)(?!\w)"
    ),
    re.compile(
        rf"{MARKS}\s+(?:out\s+)?(?:all\s+|every\s+|the\s+|any\s+|each\s+|alle\s+|todos\s+|tous\s+)*(?P<list>{ITEM}(?:,\s*{ITEM})*,?\s+"
        rf"(?:and|or|und|y|e|et|en|aur|और)\s+{ITEM})\s+(?:in|inside|from|within|out of|aus|im|en|em|de|dans|nel\w*|dei|delle|da|uit|para|pour|um|per|om)(?!\w)"
    ),
    re.compile(
        rf"(?<![^\W_])(?P<list>{ITEM}(?:,\s*{ITEM}){{1,12}},?\s+(?:and|und|y|e|et|en)\s+{ITEM})\s+(?:should|must|need to|have to|are to|shall|sollen|müssen|deben|"
        rf"doivent|devono|devem|moeten)(?: \w+)?\s+(?:be\s+)?(?:highlighted|marked|tagged|found|extracted|masked|coloured|colored|annotated|"
        rf"markiert|erkannt|gefunden|extrahiert|marca\w+|extra\w+|gemarkeerd|herkend)"
    ),
    re.compile(
        rf"{MARKS}(?!\w)[^.;:\n]{{0,40}}?\s(?P<list>{LED}(?:,\s*{LED}){{1,12}},?\s+(?:and|und|y|e|et|en)\s+{LED})(?=\s*[.,;)\n]|\s*$)"
    ),
    re.compile(
        rf"(?<![^\W_])(?:marks?|finds?|tags?|extracts?|highlights?)\s+(?:all\s+|the\s+)?(?P<list>{WORD}(?:,\s*{WORD}){{2,12}})(?=\s*(?:[.;)\n]|$)|\s+(?:in|inside|from|within)\s)"
    ),
    re.compile(
        r"(?:标出|标注出?|提取出?|抽取出?|识别出|找出|圈出)\s*(?P<list>[\u3400-\u9fff]{1,6}(?:[、,][\u3400-\u9fff]{1,6})*(?:和|与|及)[\u3400-\u9fff]{1,6})(?=\s*[.,;]|$)"
    ),
    re.compile(
        rf"{MARKS}[^.;\n]{{0,80}}?:\s*(?P<list>{ITEM}(?:,\s*{ITEM}){{1,20}}(?:,?\s+(?:and|or|und|y|e|et|en)\s+{ITEM})?)(?=\s*(?:[.;\n)]|$))"
    ),
    re.compile(
        rf"(?:identit\w+|personal data|entit\w+|pii)[^.;\n]{{0,80}}?:\s*(?P<list>{ITEM}(?:,\s*{ITEM}){{1,20}}(?:,?\s+(?:and|or|und|y|e|et)\s+{ITEM})?)(?=\s*(?:[.;\n)]|$))"
    ),
)
CAPITALS = re.compile(
    r"(?<![\w-])(?P<list>(?:[BIES]-)?[A-Z][A-Z_]{1,30}(?:(?:\s*[,/|]\s*|\s+(?:and|or|y|und|et|e|or)\s+|\s+)(?:[BIES]-)?[A-Z][A-Z_]{0,30}(?![\w-])){1,30})"
)
NO_TYPE = frozenset(
    re.findall(
        r"\S+",
        "AI API AUC AUROC BERT BIO CPU CSV EN ES DE FR IT JA NL PT ZH HI EU F1 GB GDPR GPU HTML ID IDs IOB IOU JSON "
        "JSONL KB MAE MB MS NER NLP OCR OK ONNX PDF POS RAM RMSE SQL TB UI UK UN US USA XML YAML AND OR NOT NO FROM "
        "SELECT WHERE I A O",
    )
)
"""Words in capitals that name no kind of entity."""


def entities(text: Text, vocabulary: Vocabulary) -> Labels | None:
    """Find the kinds of entities that are to be found: `find names and dates in letters`, `B-POI, I-POI, O`."""
    for match in CAPITALS.finditer(text.raw):
        words = list(re.finditer(r"(?:[BIES]-)?(?P<name>[A-Z][A-Z_]+)", match["list"]))
        names = tuple(dict.fromkeys(word["name"] for word in words if word["name"] not in NO_TYPE))
        if len(names) > 1 and len(names) >= len({word["name"] for word in words}) - 1:
            start, end = (
                bisect.bisect_left(text.starts, match.start() + at) for at in (words[0].start(), words[-1].end())
            )
            return Labels(values=names, span=(start, end))
    never = frozenset(vocabulary.fields["never_labels"])
    found = next((Labels(values=values, span=span) for values, span in lists(text, ENTITIES, never)), None)
    return found or labels(text, vocabulary)
