"""How the four numbers of a box are meant: two corners, a corner and the size, or the centre and the size."""

import re

from trainerspec.drafting.reading.spans import Span

GAP = r"\W{1,4}(?:(?:and|und|y|et|e|en)\s+)?"
SIZE = (
    rf"(?:w(?:idth)?|breite|ancho|largeur|larghezza|largura|breedte){GAP}"
    r"(?:h(?:eight)?|höhe|alto|altura|hauteur|altezza|hoogte)\b"
)
CENTRE = r"(?:c(?:ent(?:er|re))?|mid)[ _-]?"
FORMS = (
    ("cxcywh", re.compile(rf"\b{CENTRE}x{GAP}(?:{CENTRE})?y{GAP}{SIZE}|\bcxcywh\b", re.IGNORECASE)),
    ("xywh", re.compile(rf"\b(?:x_?(?:min|0|1)?{GAP}y_?(?:min|0|1)?|left{GAP}top){GAP}{SIZE}|\bxywh\b", re.IGNORECASE)),
)
PARTS = frozenset(
    f"{side}{mark}{end}"
    for side, ends in {"x": ("min", "max", "0", "1", "2"), "y": ("min", "max", "0", "1", "2")}.items()
    for end in ends
    for mark in ("", "_")
) | frozenset(
    ("x", "y", "w", "h", "cx", "cy", "width", "height", "left", "top", "right", "bottom", "area", "box", "bbox")
)
"""What columns with numbers of boxes are called, in lower case; none of them is the class."""


def box_format(raw: str) -> tuple[str, Span] | None:
    """Return the form of boxes that a text describes, and where; None where it says none, or two corners.

    >>> box_format("boxes as x, y, width, height")
    ('xywh', (9, 28))
    """
    return next(((name, match.span()) for name, form in FORMS if (match := form.search(raw))), None)
