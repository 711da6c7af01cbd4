"""Texts among the columns of a table as numbers: the same in training and serving, bit by bit. Needs numpy alone.

A text is the weighted sum of what is known of its n-grams, words and characters: (1 + log count) x rarity each,
divided by the length of these weights. Trees compare numbers exactly, so the numbers are made here, once, and not in
the graph, where each engine would round them in its own way.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.tables.column import Column
from pipeline.texts.ngrams import Counts, Ids

Floats: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = npt.NDArray[np.float32]
"""A row an n-gram: how rare it is, and the numbers that it stands for."""
FILE = "texts.npy"
READ = 4096
"""N-grams of a text that are read at most, the rarest ones."""
SMALLEST = 1e-9
"""What the length of a text counts as at least: one without a known n-gram has none."""


class TextFeatures:
    """The numbers of the texts of one column."""

    def __init__(self, vocabulary: Sequence[str], table: Table) -> None:
        """Take the known n-grams, and a row of the table for each."""
        self.counts, self.table = Counts(vocabulary, READ), table
        self.rarity = table[:, 0].astype(np.float64)
        self.numbers = table[:, 1:].astype(np.float64)

    def weights(self, text: str) -> tuple[Ids, Floats]:
        """Return the rows of a text's n-grams in the table, and the weight of each: their squares sum to 1."""
        return weighed(*self.counts(text), self.rarity)

    def __call__(self, text: str) -> Floats:
        """Return the numbers of a text."""
        places, weights = self.weights(text)
        total: Floats = (weights[:, None] * self.numbers[places]).sum(axis=0)
        return total


def weighed(ids: Ids, counts: Ids, rarity: Floats) -> tuple[Ids, Floats]:
    """Return the places of n-grams, whose ids begin with 1, and the weight of each."""
    found = (1 + np.log(counts)) * rarity[ids - 1]
    return ids - 1, found / max(SMALLEST, float(np.sqrt((found * found).sum())))


def features(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that models see: so many numbers in the place of a text.

    >>> columns = Column(name="age", kind="number"), Column(name="note", kind="text", width=2)
    >>> [column.name for column in features(columns)]
    ['age', 'note 1', 'note 2']
    """
    seen = []
    for column in columns:
        numbered = (Column(name=f"{column.name} {place + 1}", kind="number") for place in range(column.width))
        seen += [*numbered] if column.kind == "text" else [column]
    return tuple(seen)


def places(columns: Sequence[Column]) -> list[slice]:
    """Return where each column stands among those that models see."""
    ends = np.cumsum([column.width if column.kind == "text" else 1 for column in columns]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def summed(contributions: Floats, columns: Sequence[Column]) -> Floats:
    """Return what each column adds, from what each of those that models see adds (the last axis; more stay last)."""
    found = places(columns)
    totals = [contributions[..., one].sum(axis=-1, keepdims=True) for one in found]
    return np.concatenate([*totals, contributions[..., found[-1].stop :]], axis=-1)


def load(columns: Sequence[Column], folder: Path) -> dict[str, Table]:
    """Read the table of each column of texts."""
    whole = np.load(folder / FILE)
    texts = [column for column in columns if column.kind == "text"]
    ends = np.cumsum([0, *(len(column.values) for column in texts)]).tolist()
    return {
        column.name: whole[start:end, : 1 + column.width]
        for column, start, end in zip(texts, ends, ends[1:], strict=False)
    }


def save(columns: Sequence[Column], tables: Mapping[str, Table], folder: Path) -> None:
    """Write what `load` reads; an empty table where no column is a text."""
    listed = [tables[column.name] for column in columns if column.kind == "text"]
    np.save(folder / FILE, np.concatenate(listed) if listed else np.zeros((0, 1), np.float32))
