"""What marks a row: a column of truth values, of codes, or of words of which one is meant."""

import polars as pl

YES = frozenset(
    (
        *("1", "1.0", "true", "yes", "y", "t", "x", "ja", "oui", "si", "sí"),
        *("anomaly", "anomalous", "outlier", "abnormal", "unusual", "odd", "novelty", "suspicious"),
        *("fraud", "fraudulent", "attack", "intrusion", "fault", "faulty", "failure", "defect", "defective"),
    )
)
"""Words, without regard to case, that mark a row."""
NO = frozenset(
    (
        *("0", "0.0", "false", "no", "n", "f", "nein", "non"),
        *("normal", "inlier", "usual", "regular", "ok", "okay", "good", "healthy"),
        *("legit", "legitimate", "genuine", "benign"),
    )
)


def marked(values: pl.Series, positive: str = "") -> pl.Series:
    """Return which rows a column marks: null where it has no value, and where neither word is known.

    With `positive` that value alone marks a row, and every other one says that the row is none.

    >>> marked(pl.Series(["yes", "No", None, "?"])).to_list(), marked(pl.Series([1, 0])).to_list()
    ([True, False, None, None], [True, False])
    >>> marked(pl.Series([-1, 1, 1]), "-1").to_list()
    [True, False, False]
    """
    texts = plain(values)
    if positive:
        return texts == written(positive)
    return texts.replace_strict(
        [*YES, *NO], [True] * len(YES) + [False] * len(NO), default=None, return_dtype=pl.Boolean
    )


def unclear(values: pl.Series, positive: str = "") -> list[str]:
    """Return the values that do not say whether they mark a row: all of them where none is `positive`.

    >>> unclear(pl.Series(["fraud", "legit", "review"])), unclear(pl.Series([-1, 1])), unclear(pl.Series(["a"]), "b")
    (['review'], ['-1'], ['a'])
    """
    known = plain(values).drop_nulls().unique().sort()
    if positive:
        return [] if written(positive) in known.to_list() else known.to_list()
    return known.filter(~known.is_in(sorted(YES | NO))).to_list()


def plain(values: pl.Series) -> pl.Series:
    """Return values as texts without regard to case and blanks; an empty one is null."""
    texts = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    return texts.set(texts == "", None)


def written(positive: str) -> str:
    """Return a value as `plain` has it."""
    return positive.strip().lower()
