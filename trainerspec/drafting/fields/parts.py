"""The columns that a text comes in, where a request names several: the subject and the body of a mail."""

import re

from trainerspec.drafting.fields.columns import Column, Finder
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

JOIN = r"\s*(?:,|\+|&|(?<!\w)(?:and|plus|und|y|e|et|en)(?!\w))\s*"
ARTICLE = r"(?:the\s+|its\s+|their\s+|der\s+|dem\s+|den\s+|el\s+|la\s+|le\s+|l')?"
AFTER = r"(?:\s+(?:line|lines|field|fields|column|columns|text))?"


def parts(text: Text, vocabulary: Vocabulary) -> tuple[Column, ...]:
    """Return the columns of `by subject and body`, at least two; none where a request names no such pair."""
    words = "|".join(sorted(map(re.escape, vocabulary.fields["columns"]["parts"]), key=lambda one: (-len(one), one)))
    one = rf"[`'\"]?(?P<name>(?<!\w)(?:{words})(?!\w))[`'\"]?"
    plain = one.replace("?P<name>", "?:")
    listed = re.search(rf"{plain}{AFTER}(?:{JOIN}{ARTICLE}{plain})+", text.raw, re.IGNORECASE)
    if listed is None:
        return ()
    found: dict[str, Column] = {}
    at = Finder(text)
    for match in re.finditer(one, listed[0], re.IGNORECASE):
        start, end = (listed.start() + place for place in match.span("name"))
        column = Column(role="input", name=match["name"], span=at.span(start, end), status="stated")
        found.setdefault(column.name.lower(), column)
    return tuple(found.values()) if len(found) > 1 else ()


def without_parts(columns: tuple[Column, ...], several: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns that a request names beside those of the text."""
    names = {one.name for one in several}
    return tuple(one for one in columns if not several or (one.role == "output" and one.name not in names))
