# ruff: noqa: E501 - a phrase a line
"""A word that stands where the class of a metric does, though no class is known by it."""

import re

from trainerspec.drafting.fields.limits import Limit
from trainerspec.drafting.fields.meaning import CLAUSE, METRIC, OF, Scene

FAMILY = rf"(?:{METRIC}|iou|dice|jaccard|ap|ap50|average precision|f1[- ]?score|dice[- ]score|f-?mass|f-?maß)"
WORD = r"(?P<label>[^\W\d_]\w{2,30})"
TOLD = re.compile(rf"(?<!\w){FAMILY} {OF}{WORD}[\"'»”]?(?=\s*(?:[<>=≥:]|(?:[^\W\d_]+ ){{0,4}}(?:\d|$)))")
"""A word behind a metric, before its number."""
TOLD_BEHIND = re.compile(
    rf"\s?%? (?:for|für|para|pour|per|voor|dla) (?:the |die |der |das |los |las |les |le |la |il )?[\"'«“]?{WORD}[\"'»”]?\s*(?:[.,;!]|$)"
)
"""A word behind the number of a metric, at the end of a clause."""
GENERAL = re.compile(
    r"(?:at|least|most|over|above|below|under|about|around|more|less|than|minimum|mindestens|mehr|über|unter|wenigstens|"
    r"menos|más|mínimo|moins|plus|almeno|meno|minstens|zeker|each|every|all|any|both|our|the|this|that|these|those|its|"
    r"jede[rsnm]?|alle[rn]?|cada|todas?|todos|chaque|toute?s?|tous|ogni|tutt[ei]|elke|"
    r"class|classes|label|labels|tags?|categor\w+|types?|topics?|model\w*|modell\w*|predict\w*|answers?|test|testing|"
    r"validation|training|held|holdout|unseen|new|fresh|data|dataset|set|split|rows?|records?|pictures?|images?|photos?|"
    r"texts?|documents?|mails?|emails?|objects?|regions?|masks?|boxes|pixels?|average|mean|macro|micro|positives?|"
    r"negatives?|klassen?|etikett\w*|daten\w*|bilder\w*|fotos?|texte[ns]?|objekte[n]?|clases?|etiquetas?|datos|imágenes|"
    r"objetos|données|étiquettes|objets|classi|etichette|dati|immagini|oggetti|dados|imagens|gegevens|production|"
    r"deployment|launch|release|now|start|everything|everyone|everybody|it|them|us|cpu|gpu|minority|majority|rare)"
)
"""What stands there and is no class."""


def class_told(scene: Scene, limit: Limit) -> str:
    """Return what stands where the class of a metric does and is none that is known: `IoU of roads >= 0.7`.

    Before any data is seen only for tasks whose classes are things in pictures: requests for them list none.
    """
    if limit.value is None or (not scene.seen and (scene.classes or scene.answers not in ("regions", "objects"))):
        return ""
    clause = scene.around(limit.span, CLAUSE)
    before = TOLD.search(scene.reading.folded, limit.span[0], limit.value[0])
    match = before or TOLD_BEHIND.match(scene.reading.folded, limit.value[1], clause[1])
    if match is None or GENERAL.fullmatch(match["label"]):
        return ""
    return scene.exact(*match.span("label"))
