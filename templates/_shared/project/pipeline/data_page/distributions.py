"""Draw how values are spread: by split, and by class where there are classes."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.data_page import drawings
from pipeline.data_page.columns import Column
from pipeline.reporting.page import PARTS

MOST = 16
"""Columns that are drawn."""
BARS, CLASSES = 10, 8
"""Values of a category, and classes beside one another, that one chart has room for."""


def flow(rows: Mapping[str, int], dropped: Mapping[str, int]) -> str:
    """Draw the way of the rows from the source to the splits."""
    out = {f"out: {step}": count for step, count in dropped.items() if count}
    shown = {"read": rows["read"], **out, "kept": rows["kept"], **{part: rows[part] for part in PARTS}}
    there = [0.0 if name in out else float(count) for name, count in shown.items()]
    gone = [float(count) if name in out else 0.0 for name, count in shown.items()]
    groups = {"rows": there} | ({"left out": gone} if out else {})
    return drawings.bars(list(shown), groups, "From the source to the splits", stacked=True)


def classes(counts: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> str:
    """Draw the share of each class in each split; of many classes the most frequent ones."""
    total = {label: sum(counts[part].get(label, 0) for part in PARTS) for label in labels}
    shown = sorted(labels, key=lambda label: -total[label])[: 3 * BARS]
    shares = {
        part: [counts[part].get(label, 0) / max(1, sum(counts[part].values())) for label in shown] for part in PARTS
    }
    return drawings.bars(shown, shares, "Classes: share of each split", share=True)


def missing(columns: Sequence[Column], rows: int) -> str:
    """Draw the share of missing values, column by column, where there are any."""
    found = sorted((one for one in columns if one.missing), key=lambda one: (-one.missing, one.name))[: 3 * BARS]
    if not found:
        return ""
    shares = {"missing": [one.missing / rows for one in found]}
    return drawings.bars([one.name for one in found], shares, "Missing values", share=True)


def spread(name: str, values: pl.Series, splits: pl.Series, label: pl.Series | None) -> str:
    """Draw numbers by split and by class."""
    numbers = values.cast(pl.Float64)
    usable = numbers.is_finite().fill_null(False)
    if not usable.any() or numbers.filter(usable).n_unique() == 1:
        return ""
    by_split = grouped(numbers.filter(usable), splits.filter(usable), PARTS)
    drawn = drawings.histograms(by_split, f"{name}, by split", name)
    if label is not None:
        by_class = grouped(numbers.filter(usable), label.filter(usable), frequent(label))
        drawn += drawings.ranges(by_class, f"{name}, by class", name)
    return drawn


def categories(name: str, values: pl.Series, splits: pl.Series, label: pl.Series | None) -> str:
    """Draw the most frequent values by split, and the classes of each."""
    texts = values.cast(pl.String)
    shown = frequent(texts, BARS)
    if not shown:
        return ""
    shares = counts(splits, texts, PARTS, shown)
    drawn = drawings.bars(shown, shares, f"{name}: share of each split", share=True)
    if label is not None:
        inside = counts(texts, label, shown, among := frequent(label))
        turned = {one: [inside[value][place] for value in shown] for place, one in enumerate(among)}
        drawn += drawings.bars(shown, turned, f"{name}: classes of each value", stacked=True, share=True)
    return drawn


def counts(groups: pl.Series, values: pl.Series, names: Sequence[str], among: Sequence[str]) -> dict[str, list[float]]:
    """Return for each group the share of its rows that has each of the values `among`.

    >>> counts(pl.Series(["a", "a", "b"]), pl.Series(["x", "y", "x"]), ["a", "b"], ["x"])
    {'a': [0.5], 'b': [1.0]}
    """
    pairs = pl.DataFrame({"group": groups, "value": values}).group_by("group", "value").len()
    total = dict.fromkeys(names, 0)
    found: dict[tuple[str, str], int] = {}
    for group, value, count in pairs.iter_rows():
        if group in total:
            total[group] += count
            found[group, value] = count
    return {name: [found.get((name, one), 0) / max(1, total[name]) for one in among] for name in names}


def frequent(values: pl.Series, most: int = CLASSES) -> list[str]:
    """Return the most frequent values, of equal ones the first in the alphabet.

    >>> frequent(pl.Series(["b", "a", "b", "c", None]), 2)
    ['b', 'a']
    """
    counts = values.drop_nulls().rename("value").value_counts()
    return counts.sort(["count", "value"], descending=[True, False])["value"].head(most).to_list()


def grouped(numbers: pl.Series, by: pl.Series, names: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the numbers of each group that has some."""
    found = {name: numbers.filter((by == name).fill_null(False)).to_numpy() for name in names}
    return {name: values for name, values in found.items() if len(values)}
