"""Numbers and dates that cannot be meant: stand-ins for no value, impossible ones, outliers, other units."""

import math
import re
from collections.abc import Iterator

import polars as pl

from ..findings import Finding
from ..subject import Subject

FEW = 30
"""Known values below which nothing is said of a column."""
NINES = [float(10**digits - 1) for digits in range(1, 8)]
SENTINELS = frozenset([*NINES, *(-one for one in NINES), -1.0, -777.0, -888.0, -8888.0])
"""Numbers that people write for no value."""
FAR = 0.5
"""Distance from the nearest other value, as a share of the range of all others, from which a number stands apart."""
SPAN = 3.0
"""Ranges of all other values that an outlier lies away from them; of heavy tails (Student, 3 degrees of freedom) with
1,000 values, one column of 3,000 has one by chance."""
MOST_OUT = 0.01
BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("age|alter", 0, 125),
    ("height|weight|length|width|depth|area|volume|mass|distance", 0, math.inf),
    ("latitude|lat", -90, 90),
    ("longitude|lon|lng", -180, 180),
    ("humidity", 0, 100),
    ("hour", 0, 24),
    ("month", 1, 12),
    ("weekday", 0, 7),
    ("count|quantity|qty|visits|rooms|bedrooms|children|employees", 0, math.inf),
    ("duration", 0, math.inf),
)
"""What columns are called, and the least and the greatest number that they can hold."""
CHANGES = frozenset(
    ["change", "delta", "diff", "difference", "growth", "gain", "loss", "log", "score", "zscore", "z", "scaled", "norm"]
)
"""Words in names of columns that may be negative whatever they are about."""
SCALES = (10.0, 100.0, 1000.0, 2.54, 25.4, 0.45359237, 0.3048)
"""Factors between units that people mix: decimal prefixes, inches, pounds, feet."""
CLOSE = 0.05
"""Share of the greatest value from which a gap below the others is one."""
FIRST, LAST = 1800, 2100
"""Years outside of which no date of a data set lies."""


def values(subject: Subject) -> Iterator[Finding]:
    """Look at every number and date of a table, the predicted one too."""
    if not subject.roles.features:
        return
    for name in (*subject.others, *([subject.roles.number] if subject.roles.number else [])):
        one = subject.frame[name]
        if one.dtype in (pl.Date, pl.Datetime):
            yield from moments(name, one, subject)
        elif one.dtype.is_numeric():
            yield from numbers(name, one.cast(pl.Float64), subject)


def numbers(name: str, column: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Look for stand-ins, then among the others for what is impossible, then among the rest for what is far off."""
    stands = sentinels(column)
    for value in stands:
        odd = column == value
        message = f"{int(odd.sum())} values of `{name}` are {value:g}, far from all others: it stands for no value"
        yield subject.where("sentinel-value", odd, message, columns=[name], values=column)
    rest = column.set(column.is_in(stands) | ~column.is_finite(), None)
    low, high = bounds(name)
    odd = ((rest < low) | (rest > high)).fill_null(False)
    if bool(odd.any()) and int(odd.sum()) <= 0.2 * len(column):
        limits = f"below {low:g}" if math.isinf(high) else f"outside of {low:g} to {high:g}"
        message = f"{int(odd.sum())} values of `{name}` lie {limits}, which its name rules out"
        yield subject.where("impossible-value", odd, message, columns=[name], values=column)
        rest = rest.set(odd, None)
    far = outliers(rest)
    if far is not None:
        message = f"{int(far.sum())} values of `{name}` lie further off than all others together reach"
        yield subject.where("outlier", far, message, columns=[name], values=column)
    scaled = other_scale(rest)
    if scaled is not None:
        odd, factor = scaled
        message = f"{int(odd.sum())} values of `{name}` fit the others only after a factor of {factor:g}: another unit"
        yield subject.where("mixed-units", odd, message, columns=[name], values=column)


def sentinels(column: pl.Series) -> list[float]:
    """Return the numbers of a column that stand for no value: repeated, made of nines or -1, and far from all others.

    >>> sentinels(pl.Series([*range(20, 60), -999, -999])), sentinels(pl.Series([*range(-1, 60)] * 2))
    ([-999.0], [])
    """
    known = column.cast(pl.Float64).drop_nulls().drop_nans()
    if len(known) < FEW:
        return []
    found: list[float] = []
    counts = {
        float(value): int(count)
        for value, count in known.filter(known.is_in(sorted(SENTINELS))).alias("v").value_counts().iter_rows()
    }
    others = known.filter(~known.is_in(sorted(counts)))
    if len(others) < FEW / 2:
        return []
    low, high = float(str(others.min())), float(str(others.max()))
    for value, count in sorted(counts.items()):
        away = low - value if value < low else value - high
        if count >= 2 and away > FAR * max(high - low, 1.0) and others.n_unique() > 2:
            found.append(value)
    return found


def bounds(name: str) -> tuple[float, float]:
    """Return what a column can hold, by its name; a name with a word of change may hold anything.

    >>> bounds("Age"), bounds("age_change"), bounds("price")
    ((0, 125), (-inf, inf), (-inf, inf))
    """
    words = [word for word in re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word]
    if not CHANGES & {*words}:
        for pattern, low, high in BOUNDS:
            if words and (re.fullmatch(pattern, words[0]) or re.fullmatch(pattern, words[-1])):
                return low, high
    return -math.inf, math.inf


def outliers(column: pl.Series) -> pl.Series | None:
    """Tell which values lie apart from all others by SPAN times the range of those; None when none do.

    Of positive numbers their logarithms must lie apart too, so that a heavy tail is none.
    """
    ordered = column.drop_nulls().sort()
    if len(ordered) < FEW or ordered.n_unique() < 10:
        return None
    low, high = float(ordered[0]), float(ordered[-1])
    for count in range(1, max(1, min(20, int(MOST_OUT * len(ordered)))) + 1):
        up, down = float(ordered[-count - 1]), float(ordered[count])
        if apart(float(ordered[-count]), up, low):
            return column > up
        if apart(-float(ordered[count - 1]), -down, -high):
            return column < down
    return None


def apart(value: float, nearest: float, furthest: float) -> bool:
    """Tell whether a value beyond `nearest` is SPAN ranges away from all others.

    >>> apart(1700, 200, 150), apart(900, 200, 1), apart(-1, -3, -5)
    (True, False, False)
    """
    if value - nearest <= SPAN * (nearest - furthest) or nearest == furthest:
        return False
    if furthest > 0:
        return math.log(value / nearest) > math.log(nearest / furthest)
    return True


def other_scale(column: pl.Series) -> tuple[pl.Series, float] | None:
    """Tell which values are of another unit: a few, apart by a gap, that a factor of SCALES puts among the others."""
    known = column.drop_nulls().filter(column.drop_nulls() > 0)
    if len(known) < FEW or known.n_unique() < 10 or len(known) < 0.9 * column.len():
        return None
    logs = known.log().sort()
    gaps = logs.diff().drop_nulls()
    place = gaps.arg_max() or 0
    below, widest = place + 1, float(gaps[place])
    few, many = (logs[:below], logs[below:]) if below <= len(logs) / 2 else (logs[below:], logs[:below])
    span = float(many[-1]) - float(many[0])
    if not 3 <= len(few) <= 0.3 * len(logs) or widest < 0.5 or widest < 0.25 * span:
        return None
    narrow = len(few) >= 8 and float(str(few.std())) < 0.3 * float(str(many.std()))
    if few.n_unique() < max(3, 0.5 * len(few)) or narrow:
        return None  # one value of a grid, or a group of its own
    edge = float(logs[place]) + widest / 2
    lower = below <= len(logs) / 2
    if lower and math.exp(float(many[0])) - math.exp(float(few[-1])) < CLOSE * math.exp(float(many[-1])):
        return None  # the low end of numbers that reach down to nothing
    for factor in SCALES:
        shift = abs(math.log(factor)) if lower else -abs(math.log(factor))
        inside = float(many[0]) - 0.1 <= float(few[0]) + shift and float(few[-1]) + shift <= float(many[-1]) + 0.1
        alike = abs(float(few.median()) + shift - float(many.median())) < max(0.35, 0.25 * span)  # type: ignore[arg-type]
        if inside and alike:
            odd = (column > 0) & ((column.log() < edge) if lower else (column.log() > edge))
            return odd.fill_null(False), math.exp(shift)
    return None


def moments(name: str, column: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Look for dates outside of all times, and for one early day that stands for none."""
    years = column.dt.year()
    odd = ((years < FIRST) | (years >= LAST)).fill_null(False)
    rest = column.set(odd, None) if bool(odd.any()) else column
    epoch = rest.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d").is_in(["1970-01-01", "1900-01-01"])
    others = rest.filter(~epoch.fill_null(True))
    if int(epoch.sum()) >= 2 and len(others) >= FEW / 2:
        first, last = others.cast(pl.Datetime("us")).min(), others.cast(pl.Datetime("us")).max()
        day = rest.filter(epoch.fill_null(False)).cast(pl.Datetime("us")).max()
        if first - day > FAR * (last - first):  # type: ignore[operator]
            odd = odd | epoch.fill_null(False)
    if bool(odd.any()) and int(odd.sum()) < len(column) / 2:
        message = f"{int(odd.sum())} dates of `{name}` lie outside of all times, or are the first day of a calendar"
        shown = column.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d")
        yield subject.where("impossible-date", odd, message, columns=[name], values=shown)
