"""How a column of a table is read: the same words, numbers and times in training and serving. Needs numpy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Given: TypeAlias = Sequence[str | float] | npt.NDArray[np.generic]
Raw: TypeAlias = Mapping[str, Given]
Kind: TypeAlias = Literal["number", "time", "category"]
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "."})
"""Words that stand for no value, without regard to case."""
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
    """The values of a category, by code from KNOWN on."""
    buckets: int = 0
    """Codes after them that other values share by hash; 0 makes every other value UNSEEN."""

    @property
    def codes(self) -> int:
        """Count the codes of a category."""
        return KNOWN + len(self.values) + self.buckets


class Encoder(Protocol):
    """What reads a table for a model: the Processor of task/processing.py."""

    @property
    def columns(self) -> Sequence[Column]: ...

    def encode(self, raw: Raw, /) -> Mapping[str, npt.NDArray[np.generic]]: ...


def coded(values: Sequence[str]) -> dict[str, int]:
    """Return the code of each value, and of its spelling without capitals unless that is another value.

    >>> coded(["True", "no"])
    {'true': 2, 'no': 3, 'True': 2}
    """
    codes = {value: KNOWN + index for index, value in enumerate(values)}
    return {value.casefold(): code for value, code in codes.items()} | codes


def numbers(column: Column, given: Given) -> npt.NDArray[np.float64]:
    """Return a column's numbers, NaN where there is none. Raises ValueError for what is no number or no time."""
    if isinstance(given, np.ndarray) and given.dtype != np.object_:
        return given.astype(np.float64)
    convert = days if column.kind == "time" else number
    known: dict[object, float] = {}
    for index, item in enumerate(given):
        if item in known:
            continue
        try:
            known[item] = convert(item)
        except ValueError as error:
            wanted = "time (ISO 8601)" if column.kind == "time" else "number"
            raise ValueError(f"row {index} of input `{column.name}` is no {wanted}") from error
    return np.array([known[item] for item in given], dtype=np.float64)


def text(item: object) -> str | None:
    """Return an item as a stripped text; None when it stands for no value."""
    if item is None or (isinstance(item, float) and np.isnan(item)):
        return None
    plain = item.decode() if isinstance(item, bytes) else str(item)
    plain = " ".join(plain.split())
    return None if plain.casefold() in MISSING else plain


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
