"""Marks and words between the items of a list, in the languages that are read."""

import re

SEPARATORS = frozenset({",", "/", "|", "、", "，", ";", "；"})
OR = frozenset(
    re.findall(
        r"\S+",
        "or and und oder y o e et ou en of vs versus either & 和 或 と か या और aur ya は u nor または 还 与 及",
    )
)
ENDS = frozenset(".!?。！？;；\n")
"""What ends a sentence."""
OPENING, CLOSING = frozenset("([{（"), frozenset(")]}）")
COMMAS = {",": ",", "，": ",", "、": ",", "/": "/", "|": "|", "・": ","}
CONJUNCTIONS = {
    **dict.fromkeys(("or", "oder", "o", "ou", "u", "ya", "या", "还是", "oppure", "или", "nor"), "or"),
    **dict.fromkeys(("and", "und", "y", "e", "et", "en", "aur", "और", "&", "와", "과", "и"), "and"),
    **dict.fromkeys(("vs", "versus"), "vs"),
    "of": "or?",
}
UNBLANKED = {"或": "or", "和": "and", "与": "and", "と": "and", "か": "or", "及": "and"}
"""Conjunctions of scripts without blanks; at the beginning of a word they are part of it."""
ARTICLES = frozenset(
    re.findall(
        r"\S+",
        "the a an un una une le la les el los las il lo i gli der die das ein eine einen de het een o os as um uma "
        "l' d' un' dell' nell' all'",
    )
)
BREAKS = frozenset('.!?。！？:：()（）[]{}「」『』\n;；<>=@#*…–—¿¡।"“”„`«»')
"""What no item of a list goes over."""
