"""How well one column alone tells the answer, with how sure that is."""

import math
from dataclasses import dataclass

import polars as pl

MANY = 32
"""Different numbers of a column above which rows are told by their neighbours."""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A score from 0 to 1."""

    what: str
    score: float
    low: float
    """The lower end of its 95 % interval."""
    rows: int


def known(values: pl.Series, answer: pl.Series) -> pl.DataFrame:
    """Return `value` and `answer` of the rows that have both; times and truth values as numbers."""
    if values.dtype in (pl.Date, pl.Datetime):
        values = values.cast(pl.Datetime("us")).cast(pl.Int64)
    elif values.dtype == pl.Boolean:
        values = values.cast(pl.Int8)
    return pl.DataFrame({"value": values, "answer": answer}).drop_nulls()


def auroc(rows: pl.DataFrame) -> Telling | None:
    """Return the area under the ROC curve of a number for one of two classes, whichever way it points.

    Its standard error is that of Hanley and McNeil (1982); where it is 1, that of one pair of rows in a wrong order.
    """
    ranked = rows.with_columns(pl.col("value").rank("average").alias("rank"))
    one = ranked["answer"].unique().sort()[0]
    positive = ranked.filter(pl.col("answer") == one)
    many, others = positive.height, rows.height - positive.height
    if min(many, others) < 5:
        return None
    area = (float(positive["rank"].sum()) - many * (many + 1) / 2) / (many * others)
    area = max(area, 1 - area)
    careful = min(area, 1 - 0.5 / min(many, others))
    first, second = careful / (2 - careful), 2 * careful**2 / (1 + careful)
    spread = careful * (1 - careful) + (many - 1) * (first - careful**2) + (others - 1) * (second - careful**2)
    error = math.sqrt(max(0.0, spread) / (many * others))
    return Telling(what="AUROC", score=area, low=careful - 1.96 * error, rows=rows.height)


def purity(rows: pl.DataFrame) -> Telling | None:
    """Return the share of right answers, averaged over classes, when a column's value picks the class.

    Of few values each half of the rows is answered by what the other half has most for the value; of many numbers each
    row by its two neighbours, half a point each.
    """
    mixed = rows.with_row_index("index").with_columns(mix=(pl.col("index") * 2654435761) // 65536 % 65536)
    many = mixed["value"].dtype.is_numeric() and mixed["value"].n_unique() > MANY
    by_class = (_neighbours(mixed) if many else _halves(mixed)).group_by("answer").agg(pl.col("right").mean(), pl.len())
    if by_class.height < 2 or int(str(by_class["len"].min())) < 5:
        return None
    score, rarest = float(str(by_class["right"].mean())), int(str(by_class["len"].min()))
    return Telling(what="right answers", score=score, low=wilson(score, rarest), rows=rows.height)


def _neighbours(mixed: pl.DataFrame) -> pl.DataFrame:
    ordered = mixed.sort("value", "mix", "index")
    before, after = pl.col("answer").shift(1), pl.col("answer").shift(-1)
    sides = [(one == pl.col("answer")).fill_null(True).cast(pl.Float64) for one in (before, after)]
    return ordered.select("answer", right=(sides[0] + sides[1]) / 2)


def _halves(mixed: pl.DataFrame) -> pl.DataFrame:
    halves = mixed.with_columns(half=(pl.col("mix") % 2).cast(pl.Int64))
    told = (
        halves.group_by("half", "value", "answer")
        .len()
        .sort("len", "answer", descending=[True, False])
        .group_by("half", "value", maintain_order=True)
        .first()
        .select((1 - pl.col("half")).alias("half"), "value", pl.col("answer").alias("guess"))
    )
    answered = halves.join(told, on=["half", "value"], how="left")
    return answered.select("answer", right=(pl.col("guess") == pl.col("answer")).fill_null(False).cast(pl.Float64))


def straight(rows: pl.DataFrame) -> Telling | None:
    """Return R² of a straight line from the column to the predicted number."""
    if not rows["value"].dtype.is_numeric():
        return None
    found = rows.select(pl.corr(pl.col("value").cast(pl.Float64), pl.col("answer").cast(pl.Float64))).item()
    if found is None or not math.isfinite(found):
        return None
    return Telling(what="R²", score=found**2, low=found**2, rows=rows.height)


def wilson(share: float, rows: int) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson, 1927).

    >>> round(wilson(1.0, 100), 3)
    0.963
    """
    z = 1.96
    middle = share + z * z / (2 * rows)
    return (middle - z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))) / (1 + z * z / rows)
