"""Columns of texts that people wrote, a review or a description: neither categories nor names of rows."""

import polars as pl

WORD = (
    r"(?:^|[\s(\"'])\p{L}|"
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
)
"""Where a word begins, or a character of a language that sets none apart."""
SHORTEST = 3.0
"""Words of a text, on average, from which it says something: a place or a person's name has fewer."""
ROWS, VALUES = 20, 30
"""Rows below which a column is not judged, and different texts up to which it holds categories, however long."""
DIFFERENT = 0.1
"""Share of different texts up to which they are categories too."""
SHARED = 0.3
"""Share of a column's words that stand in other rows too: a model learns from no others."""
SEEN = 2_000
"""Rows that are judged, taken evenly."""


def prose(values: pl.Series) -> bool:
    """Tell whether a column holds texts that people wrote, so that their words tell something of other rows.

    >>> notes = ["the parcel came late, call me back", "screen broke, send the parcel back"]
    >>> prose(pl.Series([f"{one} {number}" for number in range(20) for one in notes]))
    True
    >>> prose(pl.Series([f"Maria Weber {number}" for number in range(40)]))
    False
    """
    known = values.drop_nulls() if values.dtype == pl.String else pl.Series([], dtype=pl.String)
    if len(known) < ROWS or (different := known.n_unique()) <= max(VALUES, DIFFERENT * len(known)):
        return False
    some = known.gather_every(max(1, len(known) // SEEN))
    if float(str(some.str.count_matches(WORD).mean() or 0)) < SHORTEST or different < 2:
        return False
    read = some.unique(maintain_order=True).str.to_lowercase()
    words = read.str.extract_all(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]|\p{L}+").list.unique().explode()
    counts = words.drop_nulls().value_counts()["count"]
    return float(counts.filter(counts > 1).sum()) >= SHARED * float(counts.sum())
