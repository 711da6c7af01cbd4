# ruff: noqa: E501 - a phrase a line
"""Whose share a number is: `97% of the urgent ones must be caught` is recall, `40% of the alarms false` precision."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trainerspec.drafting.reading.pattern import Phrases, Reading
from trainerspec.drafting.reading.spans import Span
from trainerspec.passes.positive import by_words

PLAIN = str.maketrans("àáâãäåçèéêëìíîïñòóôõöùúûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy")
"""Letters without their accents, so that `Widersprüche` begins as `Widerspruch` does."""
YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "ja",
        "j",
        "si",
        "sí",
        "sim",
        "oui",
        "haan",
        "हाँ",
        "हां",
        "是",
        "はい",
        "да",
        "positive",
        "pos",
    ]
)
USUAL = frozenset(
    re.findall(
        r"\S+",
        "no n false f 0 nein nee não nao non nahi नहीं 否 いいえ нет none nothing neither normal normale normaal ok okay "
        "okey fine good healthy clean benign legit legitimate legítimo genuine real intact ham harmless safe regular "
        "routine negative neg other rest pass passed stays gesund gut sauber echt sano sana bueno buena limpio sain "
        "bon propre buono pulito são bom boa limpo gezond goed schoon 正常 良品 健康 सामान्य ठीक",
    )
)
"""Words for what nobody looks for."""
SHORTEST = 3
"""Letters from which a class is looked for in the text as a word."""
NEAR = 45
"""Characters between a number and the words of its share."""


@dataclass(frozen=True, kw_only=True)
class Cues:
    """Where the text speaks of finding, of missing, of what is flagged, and of false alarms."""

    found: Phrases
    lost: Phrases
    flagged: Phrases
    alarms: Phrases


@dataclass(frozen=True, kw_only=True)
class Share:
    family: Literal["recall", "precision"]
    rest: bool
    """Whether the number is what is lacking: `miss at most 2 %`."""


def share(cues: Cues, reading: Reading, clause: Span, number: Span) -> Share | None:
    """Say whose share a number is by the words of its clause, the nearest deciding; None when they do not tell."""
    kinds: list[tuple[int, int, Share]] = []
    for rank, (words, family, rest) in enumerate(
        (
            (cues.alarms, "precision", True),
            (cues.flagged, "precision", False),
            (cues.lost, "recall", True),
            (cues.found, "recall", False),
        )
    ):
        for start, end in words.spans(reading):
            far = max(start - number[1], number[0] - end, 0)
            if clause[0] <= start and end <= clause[1] and far <= NEAR:
                kinds.append((rank if rank < 2 else far + 2, rank, Share(family=family, rest=rest)))  # type: ignore[arg-type]
    return min(kinds, key=lambda one: one[:2])[2] if kinds else None


def mentioned(folded: str, classes: Sequence[str], stretch: Span) -> list[tuple[Span, str]]:
    """Find where classes stand in a stretch of the text, in any of their forms.

    >>> mentioned("von den widersprüchen 98%", ["Beitrag", "Widerspruch"], (0, 25))
    [((8, 21), 'Widerspruch')]
    """
    plain = folded[slice(*stretch)].translate(PLAIN)
    found = []
    for label in classes:
        word = label.casefold().translate(PLAIN).replace("_", " ")
        if (
            word in YES
            or (word in USUAL and len(word) < SHORTEST + 2)
            or (len(word) < SHORTEST and not re.match(r"[\u3040-\u9fff]", word))
        ):
            continue
        stem = word[:-1] if len(word) > SHORTEST + 1 and word[-1] in "aeos" else word
        form = re.escape(stem).replace("\\ ", "[ _-]")
        edge = "" if re.match(r"[\u3040-\u9fff]", word) else r"(?<!\w)"
        tail = "" if not edge else rf"\w{{0,{4 if len(word) > SHORTEST + 1 else 2}}}(?!\w)"
        found += [
            ((stretch[0] + one.start(), stretch[0] + one.end()), label)
            for one in re.finditer(f"{edge}{form}{tail}", plain)
        ]
    spans = sorted((span for span, _ in found), key=lambda span: span[0] - span[1])
    inside = {one for one in spans if any(o[0] <= one[0] and one[1] <= o[1] and o != one for o in spans)}
    return [(span, label) for span, label in found if span not in inside]  # `合格` of `不合格` is none


def wanted(classes: Sequence[str]) -> str:
    """Return of two classes the one that is looked for, and nothing where no word tells.

    >>> wanted(["no", "si"]), wanted(["ok", "defect"]), wanted(["cat", "dog"])
    ('si', 'defect', '')
    """
    if len(classes) != 2:
        return ""
    for one, other in (tuple(classes), tuple(reversed(classes))):
        usual = {word in USUAL for word in (other.casefold(), one.casefold())}
        if other.casefold() in USUAL and len(usual) == 2:
            return one
        if one.casefold() in YES and other.casefold() in USUAL:
            return one
    told = by_words((classes[0], classes[1]))
    return told.label if told is not None else ""
