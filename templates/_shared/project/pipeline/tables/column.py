"""How a column of a table is read: the same words, numbers and times in training and serving. Needs numpy alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.reading.values import personal
from pipeline.reading.values.date_form import DateForm
from pipeline.reading.values.number_form import MISSING, NumberForm

Given: TypeAlias = Sequence[str | float] | npt.NDArray[np.generic]
Raw: TypeAlias = Mapping[str, Given]
Kind: TypeAlias = Literal["number", "time", "category", "text"]
ABSENT, UNSEEN, KNOWN = 0, 1, 2
"""Codes of a category: no value, a value that training did not have, the first that it had. A number has 0 or 1."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is read."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    """The values of a category, by code from KNOWN on; the n-grams that are known of a text."""
    buckets: int = 0
    """Codes after them that other values share by hash; 0 makes every other value UNSEEN."""
    form: Mapping[str, object] = field(default_factory=dict)
    """How its numbers or times are written as texts: fields of NumberForm or DateForm; empty for the plain way."""
    low: float | None = None
    """What smaller numbers count as."""
    high: float | None = None
    """What larger numbers count as."""
    mask: tuple[str, ...] = ()
    """What personal data a placeholder stands for in its texts: `email` and so on."""
    width: int = 0
    """How many numbers a text becomes; 0 for other kinds."""
    told: int = 0
    """The first of them that were learnt from what is predicted: of the training rows they know the answers."""

    @property
    def codes(self) -> int:
        """Count the codes of a category."""
        return KNOWN + len(self.values) + self.buckets


class Encoder(Protocol):
    """What reads a table for a model: the Processor of task/processing.py."""

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def features(self) -> Sequence[Column]: ...

    def encode(self, raw: Raw, /) -> Mapping[str, npt.NDArray[np.generic]]: ...


def coded(values: Sequence[str]) -> dict[str, int]:
    """Return the code of each value, and of its spelling without capitals unless that is another value.

    >>> coded(["True", "no"])
    {'true': 2, 'no': 3, 'True': 2}
    """
    codes = {value: KNOWN + index for index, value in enumerate(values)}
    return {value.casefold(): code for value, code in codes.items()} | codes


def numbers(column: Column, given: Given) -> npt.NDArray[np.float64]:
    """Return a column's numbers, NaN where there is none. Raises ValueError for what is not a number or no time."""
    if isinstance(given, np.ndarray) and given.dtype != np.object_:
        return bounded(column, given.astype(np.float64))
    convert = converter(column)
    known: dict[object, float] = {}
    for index, item in enumerate(given):
        if item in known:
            continue
        try:
            known[item] = convert(item)
        except (ValueError, OverflowError) as error:
            why = "is no time (ISO 8601)" if column.kind == "time" else "is not a number"
            raise ValueError(f"row {index} of input `{column.name}` {why}") from error
    return bounded(column, np.array([known[item] for item in given], dtype=np.float64))


def bounded(column: Column, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return numbers within the column's limits.

    >>> bounded(Column(name="n", kind="number", high=5.0), np.array([1.0, 9.0])).tolist()
    [1.0, 5.0]
    """
    return values if column.low is None and column.high is None else np.clip(values, column.low, column.high)


def converter(column: Column) -> Callable[[object], float]:
    """Return what reads one item of a column: in the plain way, else in the form in which people write it.

    >>> converter(Column(name="price", kind="number", form={"decimal": ",", "thousands": "."}))("1.250,50")
    1250.5
    >>> converter(Column(name="day", kind="time", form={"order": "dmy"}))("2.1.2000")
    1.0
    """
    plain = days if column.kind == "time" else number
    if not column.form:
        return plain
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in column.form.items()}
    if column.kind == "time":
        dates = DateForm(**fields)  # type: ignore[arg-type]
        return lambda item: _day(dates, item)
    numbers_ = NumberForm(**fields)  # type: ignore[arg-type]
    return lambda item: _number(numbers_, item)


def _number(form: NumberForm, item: object) -> float:
    plain = text(item) if isinstance(item, str | bytes) else None
    if plain is None:
        return number(item)
    found = form.number(plain)
    return float("nan") if found is None else found


def _day(form: DateForm, item: object) -> float:
    try:
        return days(item)
    except ValueError:
        found = form.moment(text(item) or "")
        return float("nan") if found is None else (found.replace(tzinfo=UTC) - EPOCH).total_seconds() / DAY


def text(item: object) -> str | None:
    """Return an item as a stripped text; None when it stands for no value."""
    if item is None or (isinstance(item, float) and np.isnan(item)):
        return None
    plain = item.decode() if isinstance(item, bytes) else str(item)
    plain = " ".join(plain.split())
    return None if plain.casefold() in MISSING else plain


def words(column: Column, item: object) -> str | None:
    """Return an item of a column of texts or categories as the model knows it: without what is masked.

    >>> words(Column(name="from", kind="category", mask=("email",)), "ada@post.fr ")
    '[email]'
    """
    plain = text(item)
    return personal.masked(plain, column.mask) if plain and column.mask else plain


def number(item: object) -> float:
    """Read a number; NaN for no value."""
    plain = text(item)
    return float("nan") if plain is None else float(plain)


def days(item: object) -> float:
    """Read an ISO 8601 date or time as days since 2000 (UTC where no zone is given); NaN for no value."""
    plain = text(item)
    if plain is None:
        return float("nan")
    when = datetime.fromisoformat(plain)
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH).total_seconds() / DAY
