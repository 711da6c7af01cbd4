"""The rows of a project of which people labelled some: what they said, and which of their rows judge the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import splits
from pipeline.dataset.splits import NAMES, Split
from pipeline.dataset.table_files import GROUP, KEY, PART

Truth: TypeAlias = npt.NDArray[np.int64]
"""The class of each row as its place among the labels, UNKNOWN where none is given."""
Scores: TypeAlias = npt.NDArray[np.float64]
"""Rows x classes; NaN in a row that gets no vote."""
UNKNOWN = -1
MOST_HELD = 0.5
"""Share of people's labels that validation and test may take; the others are examples."""
ENOUGH = 10
"""People's labels that a test split needs at least to be made of them alone, beside one of each class."""
OTHER_SIDE = "belong to a group, a part or a time of the validation or test split, which people's labels make up"
"""Why a row gets no label of a method."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows without duplicates, and what people said of them."""

    frame: pl.DataFrame
    """The data's columns with KEY and PLACE."""
    labels: tuple[str, ...]
    truth: Truth
    """People's labels."""
    parts: tuple[str | None, ...]
    """The part of the split of each row that people labelled; None for others, and for all unless `alone`."""
    alone: bool
    """Whether validation and test are made of people's labels alone."""
    barred: npt.NDArray[np.bool_]
    """The rows that no method may label, for they belong to validation or test."""

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """Tell which rows judge the labels: no method learns from them."""
        return np.array([part in ("validation", "test") for part in self.parts], dtype=np.bool_)

    @property
    def examples(self) -> Truth:
        """Return the labels that methods learn from."""
        return np.where(self.held, UNKNOWN, self.truth)


def rows(frame: pl.DataFrame, label: str, labels: Sequence[str], how: Split, picked: frozenset[str]) -> Rows:
    """Decide which of people's rows are held back for validation and test.

    Rows with a `picked` key were chosen for people to label because they are hard: they are no fair sample, and are
    trained on. Raises Failure TS829 when people's rows cannot be split.
    """
    place = {name: index for index, name in enumerate(labels)}
    truth = np.array([place.get(name, UNKNOWN) for name in frame[label].to_list()], dtype=np.int64)
    fair = frame.filter(pl.col(label).is_not_null() & ~pl.col(KEY).is_in(sorted(picked)))
    parts: dict[str, str] = {}
    if fair.height and splittable(fair, label, labels):
        made = splits.split(fair, replace(how, shares=shares(how, fair.height, frame.height)), label)
        parts = {key: name for name, some in made.items() for key in some[KEY].to_list()}
        if not (how.by.startswith("given:") or enough(made, label, labels)):
            parts = {}
    known = zip(frame[KEY].to_list(), truth.tolist(), strict=True)
    told = tuple(parts.get(key, "train") if parts and one != UNKNOWN else None for key, one in known)
    barred = apart(frame, how, told) if parts else np.zeros(frame.height, np.bool_)
    barred &= truth == UNKNOWN
    return Rows(frame=frame, labels=tuple(labels), truth=truth, parts=told, alone=bool(parts), barred=barred)


def splittable(known: pl.DataFrame, label: str, labels: Sequence[str]) -> bool:
    """Tell whether each class has an example for each part."""
    counts = dict(known[label].value_counts().iter_rows())
    return all(counts.get(name, 0) >= len(splits.PARTS) for name in labels)


def shares(how: Split, known: int, everything: int) -> Mapping[str, float]:
    """Return the shares of people's rows: validation and test become as large as those of all rows would be.

    At most half of people's rows go there, unless the spec gives them more.

    >>> how = Split(by="random", shares={"train": 0.8, "validation": 0.1, "test": 0.1}, seed=7)
    >>> shares(how, 40, 2040)["test"], round(shares(how, 1000, 2000)["test"], 2)
    (0.25, 0.2)
    """
    held = how.shares["validation"] + how.shares["test"]
    wanted = min(max(MOST_HELD, held), held * everything / max(1, known))
    scale = wanted / held if held else 0.0
    scaled = {part: how.shares[part] * scale for part in ("validation", "test")}
    return {"train": 1 - sum(scaled.values()), **scaled}


def enough(parts: Mapping[str, pl.DataFrame], label: str, labels: Sequence[str]) -> bool:
    """Tell whether people's rows make splits of their own."""
    each = all(set(labels) <= set(rows[label].to_list()) for rows in parts.values())
    return each and parts["test"].height >= ENOUGH


def apart(frame: pl.DataFrame, how: Split, parts: Sequence[str | None]) -> npt.NDArray[np.bool_]:
    """Tell which rows share a group with validation or test, lie in their time, or are given to them."""
    kind, _, column = how.by.partition(":")
    held = pl.Series([part in ("validation", "test") for part in parts])
    groups = [*([column] if kind == "group" else []), *([GROUP] if GROUP in frame.columns else [])]
    units = splits.unite(frame, groups)
    found = units.is_in(units.filter(held).unique().to_list())
    if kind == "time" and held.any():
        found |= (frame[column] >= frame[column].filter(held).min()).fill_null(True)
    if kind == "given":
        given = frame[column if column in frame.columns else PART].cast(pl.String).str.strip_chars().str.to_lowercase()
        found |= given.replace_strict(NAMES, default="train") != "train"
    return found.to_numpy()
