"""Tell a column that is the predicted one under another name: equal, determined by it, or in another unit."""

import polars as pl

from ...reading import kinds
from ...reading.values import numerals

SOME = 10_000
"""Rows that are looked at first where there are many."""
ENOUGH = 50
"""Rows below which nothing is said to give the answer away."""
REPEATED = 10
"""Rows that each value of a column has on average before it counts that all of them have the same answer."""
LINE = 1 - 1e-9
"""Correlation from which two columns of numbers are the same but for unit and offset."""


def tells(values: pl.Series, target: pl.Series) -> str:
    """Say how a column determines the target; empty when it does not.

    >>> target = pl.Series([index % 2 for index in range(60)])
    >>> tells(target.cast(pl.String), target), tells(1 - target, target)
    ('they are equal', 'each of its 2 values has one answer')
    >>> tells(pl.Series(range(60)), target), tells(pl.Series([5 + 2 * i for i in range(60)]), pl.Series(range(60)))
    ('', 'it is the answer in another unit')
    """
    if len(values) > 2 * SOME:
        some = pl.DataFrame({"value": values.head(SOME), "target": target.head(SOME)})
        if _refuted(some.drop_nulls()):
            return ""
    pairs = pl.DataFrame({"value": _typed(values), "target": _typed(target)}).drop_nulls()
    if pairs.height < ENOUGH or pairs["target"].n_unique() < 2:
        return ""
    if (pairs["value"].cast(pl.String) == pairs["target"].cast(pl.String)).all():
        return "they are equal"
    different = pairs["value"].n_unique()
    if different * REPEATED <= pairs.height and pairs.n_unique() == different:
        return f"each of its {different} values has one answer"
    numbers = all(pairs[name].dtype.is_numeric() for name in pairs.columns)
    if (
        numbers
        and pairs["target"].n_unique() > REPEATED
        and abs(pairs.select(pl.corr("value", "target")).item()) >= LINE
    ):
        return "it is the answer in another unit"
    return ""


def _refuted(some: pl.DataFrame) -> bool:
    """Tell whether a part of the rows, read as what they hold, shows that all of them do not give the target away."""
    if some.height < ENOUGH or some["target"].n_unique() < 2:
        return False
    if (some["value"].cast(pl.String) == some["target"].cast(pl.String)).all():
        return False
    if some.n_unique() == some["value"].n_unique():
        return False
    if not all(some[name].dtype.is_numeric() for name in some.columns):
        return True
    return some["value"].n_unique() > 1 and abs(some.select(pl.corr("value", "target")).item()) < LINE


def _typed(values: pl.Series) -> pl.Series:
    return kinds.column(values, numerals.form(values))[0] if values.dtype == pl.String else values
