"""The series of a long table as a spec reads them: what tells them apart, their step, and what is odd about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Spec
from trainerspec.language.suggest import closest
from trainerspec.reading.values import series
from trainerspec.reading.values.series import Counts
from trainerspec.reading.values.steps import Steps, steps
from trainerspec.workspace.classes import at
from trainerspec.workspace.look import Look

FEWEST = 4
"""Values before a horizon, at least."""
FREE = ("text", "integer", "boolean")
"""What columns hold that may tell series apart."""
MOST_FREE = 12
"""Columns that are tried, those of the fewest values first."""
EMPTY = 0.05
"""Share of rows without a value in a column that may tell series apart, at most."""
USUAL = 8
"""Steps ahead where no season says more."""
REPEATED = 0.5
"""Share of rows of a step that is there already from which the series are not told apart."""
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of the series."""

    columns: tuple[str, ...] = ()
    steps: Steps | None = None
    counts: Counts | None = None
    problems: tuple[Diagnostic, ...] = ()

    def facts(self) -> Iterator[tuple[str, Json]]:
        """Return the facts that decisions read."""
        if self.steps is None or self.counts is None:
            return
        longest = max(self.counts.lengths, default=0)
        season = self.steps.season if longest > 2 * self.steps.season else 1
        yield "series.columns", list(self.columns)
        yield "series.count", len(self.counts.names)
        yield "series.frequency", str(self.steps)
        yield "series.season", season
        yield "series.longest", longest
        yield "series.shortest", min(self.counts.lengths, default=0)
        yield "series.gaps", self.counts.gaps
        yield "series.repeated", self.counts.repeated
        yield "series.ahead", max(1, min(season if season > 1 else USUAL, (longest - FEWEST) // 3))


def find(spec: Spec, look: Look, time: str, value: str) -> Found:
    """Find the series of the rows that have a time and a value; what is wrong stands in `problems`."""
    moments = series.moments(look.frame[time])
    rows = look.frame.with_columns(moments.alias("__at")).filter(
        pl.col("__at").is_not_null() & pl.col(value).is_not_null()
    )
    split = tuple(unordered(spec, time))
    if rows.is_empty():
        message = f"`{time}` of `{look.path.name}` holds no times: dates, or whole numbers such as years"
        return Found(problems=(*split, at(spec, "/task/inputs/time", "TS427", message, "name the column of times")))
    columns = told_apart(spec, look, rows, time, value)
    if isinstance(columns, Diagnostic):
        return Found(problems=(*split, columns))
    keys, times = series.named(rows, columns), rows["__at"]
    given = spec.slots.get("data.frequency")
    known = steps(given) if isinstance(given, str) else series.step(keys, times)
    if known is None:
        message = f"the times of `{time}` are not one step apart"
        hint = "write the step under `data.frequency`, such as `day`; of rows of one step the first is read"
        return Found(columns=columns, problems=(*split, at(spec, "/data/frequency", "TS427", message, hint)))
    counts = series.counts(keys, times, known)
    found = Found(columns=columns, steps=known, counts=counts)
    told = (*split, *problems(spec, found, rows.height), *zoned(spec, look, time))
    return Found(columns=columns, steps=known, counts=counts, problems=told)


def unordered(spec: Spec, time: str) -> Iterator[Diagnostic]:
    """Say that series are split by time alone."""
    if spec.split.by != f"time:{time}":
        message = f"`{spec.split.by}` would have the model learn from what comes after: series are split by time"
        yield at(spec, "/data/split/by", "TS423", message, f"write `time:{time}`, or leave it out")


def told_apart(spec: Spec, look: Look, rows: pl.DataFrame, time: str, value: str) -> tuple[str, ...] | Diagnostic:
    """Return the columns that tell series apart: the author's, else those by which each time is there once."""
    given = spec.slots.get("data.series")
    if isinstance(given, list):
        for index, name in enumerate(map(str, given)):
            if name not in look.columns:
                near = closest(name, look.columns)
                hint = f"did you mean `{near}`?" if near else f"the columns are {', '.join(list(look.columns)[:8])}"
                message = f"no column `{name}` in `{look.path.name}`"
                return at(spec, f"/data/series/{index}", "TS405", message, hint)
        return tuple(map(str, given))
    found = series.apart(rows, rows["__at"], free(look, rows, {time, value, *spec.unread}))
    if found is not None:
        return found
    again = rows.height - rows["__at"].n_unique()
    message = f"{again} of {rows.height} rows have a time that another row has, and no column tells series apart"
    hint = "name the columns that do under `data.series`; or add up the rows of each time first"
    return at(spec, "/data/series", "TS427", message, hint)


def free(look: Look, rows: pl.DataFrame, taken: set[str]) -> Sequence[str]:
    """Return the columns that may tell series apart, those of the fewest values first."""
    names = [name for name, kind in look.columns.items() if kind in FREE and name not in taken]
    different = {name: rows[name].n_unique() for name in names if rows[name].null_count() <= EMPTY * rows.height}
    usable = [name for name, count in different.items() if 1 < count <= rows.height // 2]
    return sorted(usable, key=lambda name: (different[name], name))[:MOST_FREE]


def problems(spec: Spec, found: Found, rows: int) -> Iterator[Diagnostic]:
    """Say what is odd about the series: too short, steps that are missing or there twice, an open horizon."""
    assert found.counts is not None
    counts, horizon = found.counts, spec.slots.get("data.horizon")
    longest = max(counts.lengths)
    if counts.repeated > REPEATED * rows:
        message = f"{counts.repeated} of {rows} rows are of a step that another row of their series has"
        hint = "name the columns that tell series apart under `data.series`, or a shorter step under `data.frequency`"
        yield at(spec, "/data/series", "TS427", message, hint)
        return
    if counts.repeated:
        message = f"{counts.repeated} rows are of a step of one {found.steps} that another row of their series has"
        yield _odd(spec, message, "the first is read; add them up before, if each is a part")
    if counts.gaps:
        message = (
            f"{counts.gaps} steps of one {found.steps} have no row, in {counts.gapped} of {len(counts.names)} series"
        )
        yield _odd(spec, message, "they stay missing; write rows of 0 where nothing happened")
    needed = 3 * horizon + FEWEST if isinstance(horizon, int) else 3 + FEWEST
    if longest < needed:
        ahead = horizon if isinstance(horizon, int) else 1
        message = (
            f"the longest series has {longest} steps; {ahead} ahead need {needed}: a past, and two horizons to judge"
        )
        yield at(spec, "/data/horizon", "TS427", message, "add older rows, or look less far ahead")
        return
    least = FEWEST + (horizon if isinstance(horizon, int) else 1)
    short = [name for name, length in zip(counts.names, counts.lengths, strict=True) if length < least]
    if short:
        shown = ", ".join(f"`{name}`" for name in short[:SHOWN])
        message = f"{len(short)} of {len(counts.names)} series have fewer than {least} steps: {shown}"
        yield _odd(spec, message, "they are left out")
    if not isinstance(horizon, int):
        message = "how many steps ahead? `data.horizon` is open"
        yield _odd(spec, message, "write it; until then one season is taken", "/data/horizon")


def zoned(spec: Spec, look: Look, time: str) -> Iterator[Diagnostic]:
    """Say that times name zones, and are read as UTC."""
    found = [] if look.written.schema[time] != pl.String else list(series.zones(look.written[time]))
    if found and set(found) - {"Z", "UTC", "+00:00"}:
        message = f"times of `{time}` are in {', '.join(found[:SHOWN])} of UTC; all are read as UTC"
        hint = "write local times without a zone, if days begin at local midnight"
        yield _odd(spec, message, hint, "/task/inputs/time")


def _odd(spec: Spec, message: str, hint: str, place: str = "/data/source") -> Diagnostic:
    found = at(spec, place, "TS429", message, hint)
    return Diagnostic(code=found.code, message=message, hint=hint, severity="warning", span=found.span)
