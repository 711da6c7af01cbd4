"""What each column of a table holds: numbers, times, truth values or texts, told from all of its values."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

import polars as pl

from .values import dates, numerals
from .values.date_form import DateForm
from .values.number_form import NumberForm
from .values.numerals import Texts, missing

Kind = Literal["text", "integer", "number", "boolean", "time", "other"]
CODE = r"^[+-]?0\d"
"""How a code with a leading zero begins: `007` is not a number."""
TRUTH = frozenset({"true", "false"})
MOST_TRUTHS = 2**4 + 2**5
"""Ways to write them in letters of both cases."""
SHOWN = 3
NO_LABEL = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "<na>", "inf", "-inf", "+inf", "#value!", "#div/0!", "#ref!"}
)
"""Words that are no class, without regard to case; `none` is one in many data sets."""
TOLD = frozenset({"bounds", "ambiguous", "iso", "several", "timed"})
"""What of a form is only told; values are read without."""
FEW_CODES = 2
"""Labels from which their shape tells that they are codes."""


@dataclass(frozen=True, kw_only=True)
class ColumnKind:
    """What a column holds, and how its texts are turned into it."""

    kind: Kind
    number: NumberForm | None = None
    """How numbers are written, where that is not the plain way."""
    date: DateForm | None = None
    """How dates are written, where that is not ISO 8601."""

    @property
    def plain(self) -> bool:
        """Tell whether the values are read as they stand."""
        return self.number is None and self.date is None


@dataclass(frozen=True, kw_only=True)
class Typed:
    frame: pl.DataFrame = field(repr=False)
    """The columns as what they are; those that are to stay texts as written."""
    kinds: Mapping[str, ColumnKind]


def typed(
    frame: pl.DataFrame, as_text: Collection[str] = (), declared: Mapping[str, ColumnKind] | None = None
) -> Typed:
    """Return a table with its columns as what they are; labels, codes and texts (`as_text`) stay as written.

    A column whose form is `declared` is read in that form; what does not fit it is missing. So is what is not finite.

    >>> found = typed(pl.DataFrame({"code": ["01", "2"], "n": ["1", "?"], "when": ["31.12.2023", "1.1.2024"]}), ["n"])
    >>> {name: one.kind for name, one in found.kinds.items()}
    {'code': 'text', 'n': 'text', 'when': 'time'}
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and not name.startswith("__")]
    free = [name for name in texts if name not in as_text]
    written = {name: Texts(frame[name]) for name in free if name not in (declared or {})}
    first = {name: numerals.form(one) for name, one in written.items()}
    mark = numerals.marks(first.values())
    made: list[pl.Series] = []
    kinds: dict[str, ColumnKind] = {}
    for name, dtype in frame.schema.items():
        if name.startswith("__"):
            continue
        if name in as_text:
            kinds[name] = ColumnKind(kind="text" if dtype == pl.String or _scalar(dtype) else "other")
            if dtype != pl.String and _scalar(dtype):
                made.append(frame[name].cast(pl.String))
            continue
        if name not in free:
            kinds[name] = ColumnKind(kind=of(dtype))
            if dtype.is_float():
                made.append(frame[name].set(~frame[name].is_finite(), None))
            continue
        if declared and name in declared:
            kinds[name] = declared[name]
            made.append(parsed(frame[name], declared[name]))
            continue
        values, one = column(written.pop(name), first[name], mark)
        made.append(values)
        kinds[name] = one
    return Typed(frame=frame.with_columns(made), kinds=kinds)


def _scalar(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean


def column(texts: pl.Series | Texts, form: NumberForm | None, mark: str | None = None) -> tuple[pl.Series, ColumnKind]:
    """Return a column of texts as what it holds; `mark` is the decimal mark of the table's other columns."""
    texts = numerals.texts(texts)
    values = texts.values
    if form is not None and form.plain and mark is None and (made := _plain(values)) is not None:
        return made
    known, there = texts.known, texts.different
    if there.is_empty():
        return known, ColumnKind(kind="text")
    if len(there) <= MOST_TRUTHS and bool(there.str.to_lowercase().is_in(sorted(TRUTH)).all()):
        return known.str.to_lowercase() == "true", ColumnKind(kind="boolean")
    if bool(there.str.contains(CODE).any()) and form is not None and form.plain:
        return known, ColumnKind(kind="text")
    if form is not None and (form.ambiguous or form.plain) and mark is not None:
        form = numerals.form(texts, decimal=mark)
    when = dates.form(texts, values.name)
    if when is not None and (form is None or when.order.startswith("epoch") or dates.packed(there, values.name)):
        return dates.moments(texts, when), ColumnKind(kind="time", date=None if when.iso else when)
    if form is None:
        return known, ColumnKind(kind="text")
    if form.plain and bool(there.str.contains(r"^[+-]?\d{19,}$").any()):
        return known, ColumnKind(kind="text")
    found = numerals.numbers(texts, form)
    if form.plain and bool(there.str.contains(r"^[+-]?\d{1,18}$").all()):
        return found.cast(pl.Int64), ColumnKind(kind="integer")
    return found, ColumnKind(kind="number", number=None if form.plain else form)


def _plain(values: pl.Series) -> tuple[pl.Series, ColumnKind] | None:
    """Return a column of plain numbers at once; None where codes, times or words have to be looked for."""
    found = numerals.quick(values)
    if found is None or dates.CALLED.search(values.name) or bool(values.str.contains(CODE).any()):
        return None
    if bool(values.str.len_chars().max() > 18):  # type: ignore[operator]
        return None
    whole = values.cast(pl.Int64, strict=False)
    if whole.null_count() == values.null_count():
        return whole, ColumnKind(kind="integer")
    return found, ColumnKind(kind="number")


def parsed(values: pl.Series, one: ColumnKind) -> pl.Series:
    """Return a column of texts as numbers or moments, in the form that was agreed; what does not fit is null.

    >>> comma = ColumnKind(kind="number", number=NumberForm(decimal=",", thousands="."))
    >>> parsed(pl.Series(["1.250", "x"]), comma).to_list()
    [1250.0, None]
    """
    if one.kind == "time":
        return dates.moments(values, one.date or DateForm(order="ymd"))
    return numerals.numbers(values, one.number or NumberForm()).cast(pl.Float64)


def of(dtype: pl.DataType) -> Kind:
    """Name what a column of a typed file holds.

    >>> of(pl.Int8()), of(pl.Date()), of(pl.List(pl.String))
    ('integer', 'time', 'other')
    """
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        return "text"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype in (pl.Date, pl.Datetime):
        return "time"
    if dtype.is_integer():
        return "integer"
    return "number" if dtype.is_numeric() else "other"


def told(name: str, one: ColumnKind, example: str) -> str:
    """Say how a column's values are read; empty where they are read as they stand.

    >>> told("price", ColumnKind(kind="number", number=NumberForm(before="$", thousands=",")), "$1,250.00")
    '`price`: `$1,250.00` is read as 1250'
    >>> told("price", ColumnKind(kind="number", number=NumberForm(words=("sold out",))), "241")
    '`price`: `sold out` counts as missing'
    """
    if one.number is not None:
        value = one.number.number(example)
        if value is None:
            return ""
        shown = f"{value:.12g}"
        if one.number.words and shown == example:
            verb = "counts" if len(one.number.words) == 1 else "count"
            return f"`{name}`: {_some(one.number.words)} {verb} as missing"
        extra = f", and {_some(one.number.words)} as missing" if one.number.words else ""
        unit = f" (in {one.number.after})" if one.number.after else ""
        return f"`{name}`: `{example}` is read as {shown}{unit}{extra}"
    if one.date is not None:
        moment = one.date.moment(example)
        if moment is None:
            return ""
        extra = f", and {_some(one.date.words)} as missing" if one.date.words else ""
        ways = "dates are written in several ways; " if one.date.several else ""
        shown = moment.isoformat().removesuffix("T00:00:00")
        return f"`{name}`: {ways}`{example}` is read as {shown}{extra}"
    return ""


def _some(words: Collection[str]) -> str:
    shown = ", ".join(f"`{word}`" for word in sorted(words)[:SHOWN])
    return shown + (f" and {len(words) - SHOWN} more" if len(words) > SHOWN else "")


def example(values: pl.Series, one: ColumnKind) -> str:
    """Return the first value that shows how a column is written: one that is not plain, if there is one."""
    there = missing(values).drop_nulls() if values.dtype == pl.String else values.drop_nulls().cast(pl.String)
    skipped = {*(one.number.words if one.number else ()), *(one.date.words if one.date else ())}
    odd = there.filter(there.cast(pl.Float64, strict=False).is_null() & ~there.is_in(sorted(skipped)))
    if one.date is not None and one.date.several:
        odd = odd.filter(~odd.str.contains(r"^\d{4}-\d{2}-\d{2}"))
    some = odd if len(odd) else there
    return str(some[0]) if len(some) else ""


def written(one: ColumnKind) -> dict[str, object]:
    """Describe how a column is written as plain data, for params.yaml and trainer.lock; empty for the plain way."""
    form: NumberForm | DateForm | None = one.number or one.date
    if form is None:
        return {}
    kept = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(form).items()}
    return {
        key: value
        for key, value in kept.items()
        if key in ("decimal", "order") or (key not in TOLD and value not in ("", False, []))
    }


def read_back(described: Mapping[str, object]) -> ColumnKind:
    """Return what `written` described.

    >>> one = ColumnKind(kind="number", number=NumberForm(decimal=",", thousands=".", words=("many",)))
    >>> read_back(written(one)).number == one.number
    True
    """
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in described.items()}
    if "order" in fields:
        return ColumnKind(kind="time", date=DateForm(**fields))  # type: ignore[arg-type]
    return ColumnKind(kind="number", number=NumberForm(**fields))  # type: ignore[arg-type]


def label(values: pl.Expr, known: Collection[str] = ()) -> pl.Expr:
    """Return labels as texts in one Unicode form (NFC), single blanks within and none at the ends; no label is null.

    A word for no label that is one of the `known` classes is that class.
    """
    texts = values.cast(pl.String).str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
    none = texts.str.to_lowercase().is_in(sorted(NO_LABEL)) & ~texts.is_in(sorted(known))
    return pl.when(none).then(None).otherwise(texts)


def labels(values: pl.Series, known: Collection[str] = ()) -> pl.Series:
    """Return a column of labels as `label` writes them.

    >>> labels(pl.Series(["01", " Bar ", "NA", "", "Cafe\u0301"])).to_list()
    ['01', 'Bar', None, None, 'Café']
    >>> labels(pl.Series(["NA", "ZA", "na"]), ["NA", "ZA"]).to_list()
    ['NA', 'ZA', None]
    """
    texts = values.cast(pl.String)
    distinct = texts.unique()
    plain = pl.select(label(pl.lit(distinct), known)).to_series()
    changed = plain.ne_missing(distinct)
    if not bool(changed.any()):
        return texts
    return texts.replace(distinct.filter(changed), plain.filter(changed))


def codes(values: pl.Series) -> dict[str, int]:
    """Count the rows of words for no label that look like the other labels: `NA` among `ZA` and `BW` is Namibia.

    >>> codes(pl.Series(["ZA", "BW", "NA", "NA", ""])), codes(pl.Series(["yes", "no", "NA"]))
    ({'NA': 2}, {})
    """
    seen = values.cast(pl.String).alias("label").drop_nulls().value_counts()
    counts = seen.group_by(pl.col("label").str.strip_chars()).agg(pl.col("count").sum()).sort("label")
    words = [one for one in counts["label"].to_list() if one.lower() in NO_LABEL and one.isalpha()]
    others = [one for one in counts["label"].to_list() if one.lower() not in NO_LABEL]
    if not words or len(others) < FEW_CODES:
        return {}
    alike = [
        word
        for word in words
        if all(one.isalpha() and len(one) == len(word) and one.isupper() == word.isupper() for one in others)
    ]
    return {word: int(counts.filter(pl.col("label") == word)["count"][0]) for word in alike}
