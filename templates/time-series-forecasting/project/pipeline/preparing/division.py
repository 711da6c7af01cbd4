"""Divide the rows of series by time, and cut windows: rolling origins, the last ones are the test, none is random.

The training part has a row a series; validation and test have a row a window, with its history.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.dataset.splits import Split
from pipeline.reading.values.steps import Steps, steps
from pipeline.series import grid, windows
from pipeline.series.features import FEWEST
from pipeline.series.grid import AT, NAME, STEP, Series
from pipeline.series.windows import Cut, Window, written


def parts(
    frame: pl.DataFrame, how: Split, _strata: str | None, settings: Params, _agreed: Mapping[str, pl.DataFrame] | None
) -> tuple[Mapping[str, pl.DataFrame], list[dict[str, object]]]:
    """Divide the rows of series by time; return them, and why rows are in no part. Raises Failure TS829.

    All series are cut at the same time, so that none tells what comes after in another.
    """
    known, horizon, _ = read(settings)
    time, value = settings.renames("inputs")["time"], settings.renames("outputs")["value"]
    rows = grid.placed(frame, time, value, settings.texts("data.series"), known)
    once = rows.unique([NAME, STEP], keep="first", maintain_order=True)
    dropped: list[dict[str, object]] = [
        {"step": "another row of the same series and step comes first", "rows": rows.height - once.height}
    ]
    lengths = once.group_by(NAME).agg((pl.col(STEP).max() - pl.col(STEP).min() + 1).alias("steps"))
    short = lengths.filter(pl.col("steps") < FEWEST + horizon)[NAME]
    long = once.filter(~pl.col(NAME).is_in(short.implode()))
    reason = f"{len(short)} series have fewer than {FEWEST + horizon} steps, {FEWEST} and a horizon"
    dropped.append({"step": reason, "rows": once.height - long.height})
    found = list(grid.laid(long))
    where = windows.cut(found, horizon, how.shares["validation"], how.shares["test"]) if found else None
    if where is None:
        raise too_short(lengths["steps"].max(), horizon)
    gaps(found)
    return parted(long, where), dropped


def examples(
    parts: Mapping[str, pl.DataFrame], _roles: Mapping[str, pl.Expr], settings: Params
) -> dict[str, pl.DataFrame]:
    """Return the past of each series, and the windows of validation and test. Raises Failure TS829 without any.

    Each part has `id`, `key`, `group`, `series`, `time`, `history`, `value` and `scale`.
    """
    known, horizon, season = read(settings)
    shares = [settings.number(f"data.split.{name}") for name in ("validation", "test")]
    found = list(grid.laid(pl.concat(list(parts.values())).sort(NAME, AT, maintain_order=True)))
    where = windows.cut(found, horizon, *shares)
    if where is None:
        raise too_short(max(len(one.values) for one in found), horizon)
    made = {
        "train": windows.frame(past(found, where, known), season),
        "validation": windows.frame(windows.rolled(found, where.validation, where.test, horizon, known), season),
        "test": windows.frame(windows.rolled(found, where.test, where.end, horizon, known), season),
    }
    for name, part in made.items():
        if part.is_empty():
            message = f"no series has enough values for the {name} part: {FEWEST} before it, and some within it"
            raise Failure("TS829", message, hint="lower `data.horizon`, or add rows")
    return made


def read(settings: Params) -> tuple[Steps, int, int]:
    """Return the step of the series, the steps ahead, and the steps of a season."""
    return steps(settings.text("data.frequency")), settings.integer("data.horizon"), settings.integer("data.season")


def too_short(longest: object, horizon: int) -> Failure:
    """Say that no series has a past to learn from, and a horizon each to validate and to test on."""
    message = f"the longest series has {longest} steps; {horizon} steps ahead need {3 * horizon + FEWEST}"
    return Failure("TS829", message, hint="add older rows, or lower `data.horizon`")


def gaps(found: Sequence[Series]) -> None:
    """Say how many steps have no row."""
    missing = [int((one.values != one.values).sum()) for one in found]
    if sum(missing):
        some = sum(count > 0 for count in missing)
        print(f"note: {sum(missing)} steps of {some} series have no row; they stay missing", flush=True)


def parted(rows: pl.DataFrame, where: Cut) -> dict[str, pl.DataFrame]:
    """Return the rows of each part."""
    at = pl.col(STEP)
    return {
        "train": rows.filter(at < where.validation),
        "validation": rows.filter(at.is_between(where.validation, where.test - 1)),
        "test": rows.filter(at >= where.test),
    }


def past(found: Sequence[Series], where: Cut, known: Steps) -> Iterator[Window]:
    """Return what each series has before the validation part, without anything after it."""
    for one in found:
        history = one.until(where.validation)
        if (history == history).sum() >= FEWEST:
            time = written(known.ahead(one.last, min(0, where.validation - one.end)))
            yield Window(series=one.name, time=time, history=history, truth=history[:0])
