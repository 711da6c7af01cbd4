"""Amounts in several units, which no one form reads."""

import polars as pl

from .number_form import WRITTEN, multiple
from .numerals import LOOKED, decorated, texts

MOST = 6
"""Different units in which the amounts of a column may be written."""


def units(column: pl.Series) -> tuple[str, ...]:
    """Return the different currencies or units that the numbers of a column stand with, where there are several.

    >>> units(pl.Series(["$12.50", "€9", "$7"])), units(pl.Series(["3 kg", "4 kg"])), units(pl.Series(["a1", "b2"]))
    (('$', '€'), (), ())
    """
    matched = [WRITTEN.fullmatch(text) for text in texts(column).different.head(LOOKED).to_list()]
    read = [one for one in matched if one is not None and bool(one["open"]) == bool(one["close"]) and decorated(one)]
    if not read or len(read) < len(matched):
        return ()
    beside = {one["before"].strip() or multiple(one["after"])[1].strip() for one in read}
    return tuple(sorted(beside)) if 1 < len(beside) <= MOST and "" not in beside else ()
