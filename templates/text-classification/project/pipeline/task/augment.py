"""Vary training texts: each gets a copy with spelling noise, without some words, or in a template's words.

Chance follows from the seed and from where a text comes from, so the order of the rows changes nothing.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.base.params import Params

SPELLING = 0.08
"""Share of the words that get a slip (Belinkov, Bisk 2018, https://arxiv.org/abs/1711.02173, have more)."""
DROPOUT = 0.1
"""Share of the words that are left out (Wei, Zou 2019, https://arxiv.org/abs/1901.11196)."""
SHORTEST = 4
"""Letters of a word that may get a slip."""
PLACE = "{text}"
"""Stands in a template where the text goes."""


@dataclass(frozen=True, kw_only=True)
class How:
    """What is asked for."""

    ways: tuple[str, ...] = ()
    """`spelling`, `dropout`, or both."""
    templates: tuple[str, ...] = ()
    seed: int = 0

    @property
    def asked(self) -> bool:
        """Tell whether texts are varied at all."""
        return bool(self.ways or self.templates)


def asked(settings: Params) -> How:
    """Read what params.yaml asks for."""
    value = settings.value("data.augment")
    if isinstance(value, str) or not isinstance(value, Sequence):
        return How()
    ways = tuple(one for one in value if isinstance(one, str))
    templates = [one.get("templates") for one in value if isinstance(one, Mapping)]
    listed = [str(text) for some in templates if isinstance(some, Sequence) for text in some]
    return How(ways=ways, templates=tuple(listed), seed=settings.integer("model.train.seed"))


def extended(frame: pl.DataFrame, how: How) -> pl.DataFrame:
    """Return the rows of the training split, and after them the varied copies that differ."""
    return pl.concat([frame, varied(frame, how)]) if how.asked else frame


def varied(frame: pl.DataFrame, how: How) -> pl.DataFrame:
    """Return a varied copy of each row whose text it changes."""
    columns = [name for name in frame.columns if name.partition(".")[0] == "text"]
    made = frame.with_columns(
        pl.Series(name, [vary(text, how, f"{place}:{name}") for place, text in frame.select("id", name).iter_rows()])
        for name in columns
    )
    changed = pl.any_horizontal(made[name] != frame[name] for name in columns)
    return made.filter(changed)


def vary(text: str, how: How, place: str) -> str:
    """Return a text varied by chance, which follows from the seed and its place; what is empty stays so.

    >>> vary("please send the invoice again", How(ways=("dropout",), seed=3), "a:7")
    'please the invoice'
    >>> vary("the invoice", How(templates=("hello, {text}",)), "a:1")
    'hello, the invoice'
    """
    chance = random.Random(f"{how.seed}:{place}")
    words = text.split(" ")
    if "dropout" in how.ways:
        kept = [word for word in words if chance.random() >= DROPOUT]
        words = kept or words
    if "spelling" in how.ways:
        words = [slip(word, chance) if chance.random() < SPELLING else word for word in words]
    varied_text = " ".join(words)
    if how.templates and text.strip():
        varied_text = chance.choice(how.templates).replace(PLACE, varied_text)
    return varied_text


def slip(word: str, chance: random.Random) -> str:
    """Return a word with two letters swapped, one left out, or one doubled; what holds other signs stays as it is.

    >>> slip("a4b2", random.Random(1)), slip("invoice", random.Random(1)) != "invoice"
    ('a4b2', True)
    """
    if len(word) < SHORTEST or not word.isalpha():
        return word
    at = chance.randrange(len(word) - 1)
    return chance.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )
