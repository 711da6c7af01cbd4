"""What the steps under `data.clean` do to values: labels in one spelling, classes merged, columns read in a form.

`comparable` is what a row filter sees. Steps are plain data, as in params.yaml: `{normalise_labels: true}`,
`{merge_labels: {other: [a, b]}}`, `{parse_number: {column: price, decimal: ","}}`, `{parse_date: {column: day, order:
dmy}}`, `{clip_outliers: {column: income, high: 1e6}}`, `{mask_pii: {kinds: [email]}}`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from . import kinds
from .kinds import ColumnKind
from .values import personal

MIDNIGHT = "T00:00:00"
WHOLE = re.compile(r"([+-]?\d+)\.0+")
"""A whole number as a table with gaps writes it."""


def folded(label: str) -> str:
    """Return what labels have in common that differ by case, blanks, hyphens, Unicode form or `.0` alone.

    >>> folded("Cafe\\u0301 Bar") == folded("café-bar"), folded("Caf\\u00e9") == folded("cafe")
    (True, False)
    >>> folded("1.0") == folded("1"), folded("01") == folded("1")
    (True, False)
    """
    if whole := WHOLE.fullmatch(label.strip()):
        return whole[1]
    plain = unicodedata.normalize("NFKC", label).casefold().replace("_", " ").replace("-", " ")
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def alike(values: pl.Series) -> pl.Series:
    """Return texts without regard to case and blanks: what repeated texts have in common.

    >>> alike(pl.Series(["No  dial\\ttone ", "straße", None])).to_list()
    ['no dial tone', 'strasse', None]
    """
    plain = [None if text is None else " ".join(text.casefold().split()) for text in values.to_list()]
    return pl.Series(values.name, plain, dtype=pl.String)


def spellings(values: pl.Series, known: Sequence[str] = ()) -> dict[str, str]:
    """Return for each label the one that it is written as: a `known` one, else the most frequent; those that differ.

    Of `1` and `1.0` that is `1`.

    >>> spellings(pl.Series(["bar", "bar", "Bar", "inn", None])), spellings(pl.Series(["bar", "Bar"]), ["Bar"])
    ({'Bar': 'bar'}, {'bar': 'Bar'})
    """
    counts = Counter(kinds.labels(values, known).drop_nulls().to_list())
    usual = {folded(label): label for label in known}
    for label in sorted(counts, key=lambda one: (bool(WHOLE.fullmatch(one)), -counts[one], one)):
        usual.setdefault(folded(label), label)
    return {label: usual[folded(label)] for label in counts if usual[folded(label)] != label}


def normalised(values: pl.Series, known: Sequence[str] = ()) -> pl.Series:
    """Write labels that differ in spelling alone in one way: as a `known` one, else as most rows do.

    >>> normalised(pl.Series(["bar", "bar", " Bar", None])).to_list()
    ['bar', 'bar', 'bar', None]
    """
    plain = kinds.labels(values, known)
    return plain.replace(spellings(values, known)) if len(plain) else plain


def merged(values: pl.Series, groups: Mapping[str, Sequence[str]], known: Sequence[str] = ()) -> pl.Series:
    """Replace the labels of each group by its name.

    >>> merged(pl.Series(["a", "b", "c", None]), {"other": ["b", "c"]}).to_list()
    ['a', 'other', 'other', None]
    """
    plain = kinds.labels(values, [*known, *(label for labels in groups.values() for label in labels)])
    return plain.replace({label: name for name, labels in groups.items() for label in labels}) if len(plain) else plain


def masked(values: pl.Series, kinds_: Sequence[str]) -> pl.Series:
    """Mask what is personal in texts.

    >>> masked(pl.Series(["mail ada@post.fr", None]), ["email"]).to_list()
    ['mail [email]', None]
    """
    made = [None if text is None else personal.masked(text, kinds_) for text in values.to_list()]
    return pl.Series(values.name, made, dtype=pl.String)


def forms(steps: Iterable[Mapping[str, object]]) -> dict[str, ColumnKind]:
    """Return how columns are written, as the steps `parse_number` and `parse_date` declare.

    >>> forms([{"parse_date": {"column": "day", "order": "dmy"}}])["day"].kind
    'time'
    """
    found: dict[str, ColumnKind] = {}
    for step in steps:
        for name in ("parse_number", "parse_date"):
            about = step.get(name)
            if isinstance(about, Mapping):
                fields = {key: value for key, value in about.items() if key != "column"}
                default: dict[str, object] = {"decimal": "."} if name == "parse_number" else {"order": "ymd"}
                found[str(about["column"])] = kinds.read_back({**default, **fields})
    return found


def limits(steps: Iterable[Mapping[str, object]]) -> dict[str, tuple[float | None, float | None]]:
    """Return the least and the greatest number of columns, as the steps `clip_outliers` declare.

    >>> limits([{"clip_outliers": {"column": "income", "high": 5}}])
    {'income': (None, 5.0)}
    """
    found: dict[str, tuple[float | None, float | None]] = {}
    for step in steps:
        about = step.get("clip_outliers")
        if isinstance(about, Mapping):
            low, high = (None if about.get(name) is None else float(about[name]) for name in ("low", "high"))
            found[str(about["column"])] = (low, high)
    return found


def comparable(frame: pl.DataFrame, types: Mapping[str, object] | None = None) -> pl.DataFrame:
    """Return rows as a filter compares them: times as ISO 8601 texts, numbers that are not finite as missing.

    A time without hours is a date. `types` tells of columns that are kept as texts what they hold: `boolean`, `time`.

    >>> from datetime import datetime
    >>> comparable(pl.DataFrame({"day": [datetime(2024, 1, 31)], "n": [float("nan")]})).rows()
    [('2024-01-31', None)]
    >>> comparable(pl.DataFrame({"ok": ["True", None]}), {"ok": "boolean"})["ok"].to_list()
    [True, None]
    """
    made: list[pl.Series] = []
    for name, dtype in frame.schema.items():
        values, told = frame[name], (types or {}).get(name)
        if dtype in (pl.Date, pl.Datetime):
            made.append(_iso(values.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S")))
        elif told == "time" and dtype == pl.String:
            made.append(_iso(values))
        elif told == "boolean" and dtype == pl.String:
            made.append(values.str.strip_chars().str.to_lowercase() == "true")
        elif dtype.is_float():
            made.append(values.set(~values.is_finite(), None))
    return frame.with_columns(made)


def _iso(texts: pl.Series) -> pl.Series:
    """Leave out the hours where none of the times has any."""
    days = bool(texts.drop_nulls().str.ends_with(MIDNIGHT).all())
    return texts.str.strip_suffix(MIDNIGHT) if days else texts
