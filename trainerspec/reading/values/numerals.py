"""Numbers as people write them: separators of thousands, decimal commas, currencies, percent, units, `<5`.

A column has one form; it is told from all of its values, and turns texts into numbers and numbers into texts.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from .number_form import (
    APOSTROPHES,
    CLOCK,
    CODES,
    CURRENCIES,
    INFINITE,
    MISSING,
    SPACES,
    UNITS,
    WRITTEN,
    NumberForm,
    fractions,
    multiple,
)

SHARE = 0.8
"""Share of values that must be numbers for a column with words among them to count as one of numbers."""
THOUSANDS = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
"""How a number looks whose point may stand between thousands."""
LITTLE = 1000
"""Values that tell whether a look at all of them is worth the time."""
UNSURE = frozenset({"m", "b", "cr"})
"""Words for multiples that are units as well: alone they are no multiples."""
LOOKED = 20_000
"""Different values that the form is told from."""


def quick(values: pl.Series) -> pl.Series | None:
    """Return a column of texts as numbers where each is a plain, finite one; None where that has to be seen.

    >>> quick(pl.Series(["1", "2.5", None])).to_list(), quick(pl.Series(["1", "NA"])), quick(pl.Series(["nan"]))
    ([1.0, 2.5, None], None, None)
    """
    some = values.head(LITTLE).cast(pl.Float64, strict=False)
    if some.null_count() > values.head(LITTLE).null_count():
        return None
    found = values.cast(pl.Float64, strict=False)
    plain = found.null_count() == values.null_count() < len(values) and bool(found.is_finite().all())
    return found if plain else None


@dataclass(frozen=True)
class Texts:
    """A column of texts, of which most questions are answered by the different ones."""

    values: pl.Series
    """As they are written."""

    @cached_property
    def known(self) -> pl.Series:
        """Return the texts without blanks at the ends, words for no value as null."""
        return self._read[0]

    @cached_property
    def different(self) -> pl.Series:
        """Return the different texts of `known`, in the order in which they come."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[pl.Series, pl.Series]:
        values = self.values
        distinct = values.unique(maintain_order=True)
        stripped = distinct.str.strip_chars()
        none = stripped.str.to_lowercase().is_in(sorted(MISSING))
        if not bool(((stripped != distinct) | none).any()):
            return values, distinct.drop_nulls()
        stripped = values.str.strip_chars()
        known = stripped.set(stripped.is_in(stripped_words(distinct, none)), None)
        return known, known.drop_nulls().unique(maintain_order=True)


def texts(values: pl.Series | Texts) -> Texts:
    """Return a column whose different texts are looked for once."""
    return values if isinstance(values, Texts) else Texts(values)


def missing(values: pl.Series | Texts) -> pl.Series:
    """Return a column of texts without blanks at the ends, words for no value as null."""
    return texts(values).known


def stripped_words(distinct: pl.Series, none: pl.Series) -> list[str]:
    """Return the words for no value that a column holds, as they are written."""
    return distinct.filter(none.fill_null(False)).str.strip_chars().unique().to_list()


def numbers(column: pl.Series | Texts, form: NumberForm) -> pl.Series:
    """Return a column of texts as numbers; what is not a finite number in this form is null.

    >>> numbers(pl.Series(["1.250", "980", "?"]), NumberForm(decimal=",", thousands=".")).to_list()
    [1250.0, 980.0, None]
    """
    column = texts(column)
    if form.plain and (found := quick(column.values)) is not None:
        return found
    known = column.known
    plain = known.cast(pl.Float64, strict=False) if form.plain else None
    if plain is not None and plain.null_count() == known.null_count():
        return plain.set(~plain.is_finite(), None)
    table: dict[str, float | None] = {}
    for text in column.different.to_list():
        try:
            number = form.number(text)
        except ValueError:
            number = None
        table[text] = number if number is not None and math.isfinite(number) else None
    return known.replace_strict(table, return_dtype=pl.Float64, default=None).alias(column.values.name)


def form(column: pl.Series | Texts, *, decimal: str | None = None) -> NumberForm | None:
    """Tell how a column of texts writes its numbers; None where they are no numbers.

    `decimal` is the mark that other columns of the table use, for a column that could be read both ways.

    >>> form(pl.Series(["1.250", "98.500", "980"]), decimal=",") == NumberForm(decimal=",", thousands=".")
    True
    >>> form(pl.Series(["$1,250.00", "$80.50"])).before, form(pl.Series(["45%", "7 %"])).after
    ('$', '%')
    >>> form(pl.Series(["red", "green"])), form(pl.Series(["3", "4.5"])).plain
    (None, True)
    """
    column = texts(column)
    if quick(column.values) is not None:
        return _dotted(column.values.drop_nulls(), decimal)
    different = column.different
    if different.is_empty():
        return None
    if different.cast(pl.Float64, strict=False).null_count() == 0:
        return _dotted(different, decimal)
    distinct = different.head(LOOKED)
    if clock := _clock(distinct):
        return clock
    if fractions(distinct.to_list()):
        return NumberForm(fractions=True)
    matched: list[re.Match[str]] = []
    others: list[str] = []
    for text in distinct.to_list():
        found = WRITTEN.fullmatch(text)
        fits = found is not None and bool(found["open"]) == bool(found["close"]) and decorated(found)
        (matched.append(found) if fits and found else others.append(text))
    others = [one for one in others if one.lower() not in INFINITE]
    if not matched or (others and len(others) > max(5, len(matched) // 4)):
        return None
    known = column.known
    strange = int(known.is_in(others).sum()) if others else 0
    if strange > (1 - SHARE) * (len(known) - known.null_count()):
        return None
    multiples = _multiplied(matched)
    before = _common(one["before"] for one in matched)
    after = _common(multiple(one["after"])[1] if multiples else one["after"] for one in matched)
    if before is None or after is None or (after == "%" and _shares(matched)):
        return None
    marks = _marks([one["number"] for one in matched], decimal)
    if marks is None:
        return None
    mark, thousands, ambiguous = marks
    return NumberForm(
        decimal=mark,
        thousands=thousands,
        before=before,
        after=after,
        bounds=any(one["bound"] for one in matched),
        multiples=multiples,
        words=tuple(sorted(others)),
        ambiguous=ambiguous,
    )


def _dotted(known: pl.Series, decimal: str | None) -> NumberForm:
    """Judge texts that any reader takes as numbers: `1.250` may still be a thousand and more.

    Three decimals everywhere, or none beside whole numbers: whoever writes `98.500` for 98.5 writes `980.000` for 980.
    """
    dots = known.filter(known.str.contains(".", literal=True))
    if dots.is_empty() or not bool(dots.str.contains(THOUSANDS).all()):
        return NumberForm()
    if decimal == ",":
        return NumberForm(decimal=",", thousands=".")
    whole = known.filter(~known.str.contains(".", literal=True))
    mixed = len(whole) > 0 and bool((whole.str.len_chars() <= 3).all())
    return NumberForm(decimal=",", thousands=".", ambiguous=True) if mixed else NumberForm()


def _clock(distinct: pl.Series) -> NumberForm | None:
    """Return the form of durations and times of the day, where all values are such."""
    if not bool(distinct.str.contains(f"^(?:{CLOCK.pattern.replace('?P<sign>', '').replace('?P<parts>', '')})$").all()):
        return None
    return NumberForm(clock=int(str(distinct.str.count_matches(":", literal=True).max())) + 1)


def decorated(found: re.Match[str]) -> bool:
    """Tell whether what stands around a number may be a currency or a unit."""
    before, after = found["before"], found["after"]
    if before and before not in CURRENCIES and before.rstrip(".").upper() not in CODES:
        return False
    unit = multiple(after)[1]
    return not unit or (len(unit) <= 8 and UNITS.fullmatch(unit.replace(" ", "")) is not None)


def _multiplied(matched: Sequence[re.Match[str]]) -> bool:
    """Tell whether words after numbers multiply them: of a column where all have the same one it is the unit."""
    seen = {multiple(one["after"])[0] for one in matched}
    return len(seen) > 1 and bool(seen - UNSURE - {""})


def _shares(matched: Sequence[re.Match[str]]) -> bool:
    """Tell whether numbers without `%` are shares beside percents: `0.45` beside `45%`."""
    bare = [one["number"].replace(",", ".") for one in matched if not one["after"].strip()]
    return bool(bare) and all(re.fullmatch(r"0?\.\d+|0|1(?:\.0+)?", one) for one in bare)


def _common(decorations: Iterable[str]) -> str | None:
    """Return what stands beside the numbers of a column: one thing, or nothing; None for several."""
    seen = Counter(one.strip() for one in decorations)
    named = [one for one in seen if one]
    return None if len(named) > 1 else named[0] if named else ""


def _marks(texts: Sequence[str], decimal: str | None) -> tuple[str, str, bool] | None:
    """Tell decimal mark and separator of thousands, and whether the other reading is as good; None where none fits."""
    plain = [one.split("e")[0].split("E")[0] for one in texts]
    spaced = next(
        (
            mark
            for mark, kinds in ((" ", SPACES), ("'", APOSTROPHES))
            if any(kind in one for one in plain for kind in kinds)
        ),
        "",
    )
    if spaced:
        kinds = SPACES if spaced == " " else APOSTROPHES
        if not all(re.fullmatch(rf"\d{{1,3}}(?:[{kinds}]\d{{3}})*(?:[.,]\d*)?|\d+(?:[.,]\d*)?", one) for one in plain):
            return None
        mark = "," if any("," in one for one in plain) else "."
        return None if mark == "," and any("." in one for one in plain) else (mark, spaced, False)
    ways = [way for way in ((".", ","), (",", ".")) if all(_fits(one, *way) for one in plain)]
    if len(ways) == 1:
        mark, thousands = ways[0]
        return mark, thousands if any(thousands in one for one in plain) else "", False
    if not ways:
        return None
    if not any("." in one or "," in one for one in plain):
        return ".", "", False
    # every mark stands before three digits: thousands, or three decimals
    mark = decimal or ("." if any("," in one for one in plain) else ",")
    thousands = "," if mark == "." else "."
    leading = any(re.match(r"0[.,]", one) for one in plain)
    if leading:
        used = "," if any("," in one for one in plain) else "."
        return used, "", False
    return mark, thousands if any(thousands in one for one in plain) else "", decimal is None


def _fits(text: str, decimal: str, thousands: str) -> bool:
    """Tell whether a number has these marks, its digits in groups of three, or as in India: `12,50,000`."""
    d, t = re.escape(decimal), re.escape(thousands)
    groups = rf"\d{{1,3}}(?:{t}\d{{3}})+" + (r"|\d{1,2}(?:,\d{2})+,\d{3}" if thousands == "," else "")
    return re.fullmatch(rf"(?:{groups}|\d+)(?:{d}\d*)?|{d}\d+", text) is not None


def marks(forms: Iterable[NumberForm | None]) -> str | None:
    """Return the decimal mark that the columns of a table agree on, where one shows it without doubt."""
    sure = {
        one.decimal
        for one in forms
        if one is not None and not one.ambiguous and not one.plain and (one.decimal == "," or one.thousands)
    }
    return sure.pop() if len(sure) == 1 else None
