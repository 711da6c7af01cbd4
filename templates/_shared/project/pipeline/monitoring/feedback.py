"""Live quality: rows whose truth came later, answered again, scored as the test split was, with the same intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.files import read_numbers
from pipeline.base.params import Params
from pipeline.base.verdict import MEASURED, judge, titled
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, LABELS, PLACE, PROBLEM
from pipeline.evaluating.resampling import Measured, bounded, intervals, pick, prepared
from pipeline.graph import inference
from pipeline.graph.inference import Arrays
from pipeline.monitoring.page import Quality
from pipeline.predicting import gathering
from pipeline.preparing import division
from pipeline.reading import kinds, repairs
from pipeline.server.bundle import Bundle
from pipeline.task import data, metrics
from pipeline.watching.counting import Counting
from pipeline.watching.noise import ENOUGH


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What the rows tell."""

    rows: int
    left_out: int
    quality: tuple[Quality, ...]


def scored(source: Path, bundle: Bundle, counting: Counting) -> Feedback:
    """Score the rows, and count them. Raises Failure TS821 to TS825 for the rows, TS855 for a task without this."""
    measure: Callable[..., Mapping[str, float]] | None = getattr(metrics, "measure", None)
    true: Callable[..., Any] | None = getattr(data, "truth", None)
    if measure is None or true is None or gathering.WHOLE:
        hint = "give the rows with --requests: what drifts can be told"
        raise Failure("TS855", "this task's answers are not scored row by row", hint=hint)
    if not source.exists():
        raise Failure("TS821", f"`{source}` does not exist", hint="give the file or the folder that has the rows")
    settings, labels = bundle.settings, bundle.settings.texts("labels")
    frame, left_out = rows(source, settings)
    raw, truth = data.raw(frame), true(frame, labels)
    assert bundle.session is not None

    def see(_: Sequence[int], some: inference.Raw, outputs: Arrays) -> None:
        counting.see(some, bundle.processor.decode(outputs, some))  # type: ignore[arg-type]

    answers = inference.predict(bundle.session, bundle.processor, raw, see=see)  # type: ignore[arg-type]

    def measured(some: npt.NDArray[np.int64]) -> Mapping[str, float]:
        return measure(truth[some], pick(answers, some), labels)

    drawn = prepared(metrics, measured, truth, answers, labels)
    values = {name: value for name, value in measure(truth, answers, labels).items() if value == value}
    return Feedback(rows=frame.height, left_out=left_out, quality=judged(values, drawn, frame.height, bundle))


def rows(source: Path, settings: Params) -> tuple[pl.DataFrame, int]:
    """Read rows as a split has them, and how many cannot be scored: unreadable, or with no truth that is known.

    Raises Failure TS821 to TS825 for the rows, also for those without a column that is asked for.
    """
    inputs, outputs = settings.renames("inputs"), settings.renames("outputs")
    table_files.forms.update(repairs.forms(settings.mappings("data.clean")))
    frame = data.read(source, settings.text("data.layout"), inputs, outputs)
    wanted = inputs | outputs | {column: column for column in settings.texts("data.audit")}
    for role, column in wanted.items():
        if column not in frame.columns:
            raise table_files.missing(column, role, frame.columns, source)
    total, known = frame.height, settings.texts("labels")
    if PROBLEM in frame.columns:
        frame = frame.filter(pl.col(PROBLEM).is_null())
    label = next(iter(outputs.values())) if known and LABELS not in frame.columns else None
    if label:
        frame = frame.with_columns(kinds.labels(frame[label], known).alias(label)).filter(pl.col(label).is_in(known))
    frame = frame.drop_nulls([name for name in outputs.values() if name in frame.columns])
    if not frame.height:
        hint = "give rows with the columns of the data, and what is predicted"
        raise Failure("TS822", f"`{source}` holds no row whose truth is known", hint=hint)
    roles = {role: pl.col(column) for role, column in (inputs | outputs).items()}
    kept = frame if KEY in frame.columns else frame.with_columns(pl.col(PLACE).alias(KEY))
    return division.examples({"live": kept}, roles, settings)["live"], total - frame.height


def judged(values: Mapping[str, float], drawn: Measured, count: int, bundle: Bundle) -> tuple[Quality, ...]:
    """Judge the objectives by what was measured now, and compare the metrics with what they were."""
    settings = bundle.settings
    bounds = bounded(values, *intervals(range(count), drawn))
    then = read_numbers(bundle.folder / "metrics.json")
    about = settings.mapping("metrics")
    units = {name: str(one["unit"]) for name, one in about.items() if isinstance(one, Mapping)}
    found = []
    for row in settings.mappings("objectives"):
        metric = str(row["metric"])
        if row.get("sense") != "constrain" or metric in MEASURED or metric not in values:
            continue
        verdict = judge(row, {**values, **bounds}, "", units)
        word = "pass"
        if verdict["verdict"] == "fail":
            word = "uncertain" if verdict["uncertain"] or count < ENOUGH else "misses"
        found.append(quality(titled(row), metric, units, values, bounds, then, word))
    watched, higher = settings.text("monitor.metric"), settings.text("monitor.better") == "higher"
    for metric in [name for name in values if name in units or name == watched]:
        made = quality(metric, metric, units, values, bounds, then, "")
        if metric == watched and made.then is not None and count >= ENOUGH:
            worse = made.now[2] < made.then[1] if higher else made.now[1] > made.then[2]
            made = quality(metric, metric, units, values, bounds, then, "worse" if worse else "pass")
        found.append(made)
    return tuple(found)


def quality(
    title: str,
    metric: str,
    units: Mapping[str, str],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    then: Mapping[str, float],
    verdict: str,
) -> Quality:
    """Put one metric's numbers together."""
    before = [then.get(name) for name in (metric, f"{metric}.low", f"{metric}.high")]
    known: Any = tuple(before) if None not in before else None
    now = (values[metric], bounds[f"{metric}.low"], bounds[f"{metric}.high"])
    return Quality(title=title, unit=units.get(metric, "number"), then=known, now=now, verdict=verdict)
