"""Tell the script and the language of a text by its letters and its commonest words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "English": "the and of to is that was for with are this have from not but they which you would there been",
    "German": "der und ist nicht das mit für auf dem sich ein eine auch wird sind wie aus bei werden noch wir",
    "French": "les des est une pour dans que qui sur pas avec sont au vous nous je cette ont mais plus elle",
    "Spanish": "los las una por con para como más pero sus del está muy este son ha también hasta desde cuando",
    "Italian": "che di il non per una sono con del della come anche più gli questo ma nel alla è dei sulla ho",
    "Portuguese": "não uma com para os mais como mas foi ele das tem seu sua quando muito nos já está eu também",
    "Dutch": "het een van niet dat zijn voor met op aan maar ook naar wordt bij uit deze nog heeft over dit",
    "Polish": "nie się jest na że do jak ale co tak był już czy tylko oraz dla przez może które są jego po od",
    "Swedish": "och att det som på är av för med inte till har jag om ett men den kan var från så vi när eller",
    "Turkish": "ve bir bu için çok da ile olarak daha ne gibi kadar sonra olan ama ben var değil mi her en",
}
"""The commonest words of each language."""
WORDS = {name: frozenset(words.split()) for name, words in COMMON.items()}
HITS = 3
"""Common words of one language that a text has to hold, and of each other one at most a third as many."""
LETTERS = 10
"""Letters below which a text has no script."""
WORD = re.compile(r"[^\W\d_]+")


def language(text: str) -> str:
    """Return the language of a text; empty where its words do not tell.

    >>> language("This is the one that was not there"), language("Das ist nicht der Weg, den wir auch noch gehen")
    ('English', 'German')
    >>> language("ok, thanks")
    ''
    """
    words = Counter(WORD.findall(text[:2000].lower()))
    hits = {name: sum(words[word] for word in common if word in words) for name, common in WORDS.items()}
    kinds = {name: sum(word in words for word in common) for name, common in WORDS.items()}
    best = max(hits, key=lambda name: hits[name])
    second = max(count for name, count in hits.items() if name != best)
    return best if kinds[best] >= HITS and hits[best] >= 3 * max(1, second) else ""


def script(text: str) -> str:
    """Return the script of most letters of a text; empty where it has few.

    >>> script("Добрый день, коллеги"), script("Good morning"), script("42")
    ('CYRILLIC', 'LATIN', '')
    """
    letters = [letter for letter in text[:400] if letter.isalpha()]
    if len(letters) < LETTERS and not (letters and ord(letters[0]) > 0x2E80):
        return ""
    names = Counter(unicodedata.name(letter, "?").partition(" ")[0] for letter in letters)
    found, count = names.most_common(1)[0]
    found = "CJK" if found in ("HIRAGANA", "KATAKANA") else found
    return found if count > len(letters) / 2 else ""
