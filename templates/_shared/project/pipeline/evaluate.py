"""Score the served graph: `python -m pipeline.evaluate --split validation`, and once `--split test`.

Runs build/artifact with ONNX Runtime. Writes build/evaluation/<split>.json (each metric with the bounds of its 95%
interval, and those of simple baselines), tables in build/evaluation/<split>/ with profile.json, which tells what inputs
and answers look like, and pictures in build/plots/<split>/.
"""

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars

from pipeline.base import contract, digests, params
from pipeline.base.failure import run
from pipeline.base.files import fresh, write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.evaluating import fairness, slices
from pipeline.graph import inference
from pipeline.graph.inference import Arrays
from pipeline.measuring import sound
from pipeline.reporting import spreadsheets
from pipeline.task import data, figures, metrics, processing
from pipeline.watching.profiling import Profiling

RESAMPLES = 500
"""Of the bootstrap (Efron 1979); the percentile interval."""
COVERAGE = 95.0
SEED = 20_240_501
Measured: TypeAlias = Callable[[npt.NDArray[np.int64]], Mapping[str, float]]
"""Measures a sample of the rows, given by their numbers."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.evaluate", description="Score the served graph.")
    parser.add_argument("--split", choices=("validation", "test"), required=True)
    split: str = parser.parse_args().split
    run("evaluate" if split == "validation" else "test", lambda: evaluate(split))


def evaluate(split: str) -> None:
    """Score one split and write what was found."""
    settings, say = params.load(), Progress("evaluate" if split == "validation" else "test")
    labels, artifact = settings.texts("labels"), Path("build/artifact")
    digests.verify(artifact, "optimize")
    processor, session = processing.load(artifact), inference.session(artifact, settings.integer("compute.threads"))
    frame = polars.read_parquet(f"build/data/{split}.parquet")
    raw = data.raw(frame)
    groups = frame["group"].to_list() if "group" in frame.columns else list(range(frame.height))
    profile = Profiling(contract.load(settings), processor, raw, groups) if split == "validation" else None
    see = profile.see if profile else None
    with ThreadPoolExecutor(1) as pool:  # scikit-learn works while ONNX Runtime does
        fitted = pool.submit(beside, frame, labels)
        answers, others = held_out(split, processor, raw, see), fitted.result()
        if answers is None:
            answers = inference.predict(session, processor, raw, say, see=see)
    sound.answers(answers, frame["id"].to_list(), split)
    truth = data.truth(frame, labels)

    def measured(rows: npt.NDArray[np.int64]) -> Mapping[str, float]:
        return metrics.measure(truth[rows], pick(answers, rows), labels)

    drawn = prepared(measured, truth, answers, labels)
    name, why = settings.text("monitor.metric"), reasons()
    values, absent = sound.defined(metrics.measure(truth, answers, labels), why, name)
    sound.values(values, lambda row: drawn(np.array([row])), frame["id"].to_list(), split, why)
    partial = {one: said for one, said in partly(truth).items() if one in values}
    others = {one: sound.defined(found, why, "")[0] for one, found in others.items()}
    bounds = bounded(values, *intervals(groups, drawn))
    baselines = {
        f"baseline.{name}.{metric}": value for name, found in others.items() for metric, value in found.items()
    }

    tables, pictures = fresh(Path("build/evaluation") / split), fresh(Path("build/plots") / split)
    figures.draw(frame, truth, answers, labels, values, bounds, others, tables, pictures)
    compare(frame, truth, answers, settings, values.get(name), drawn, tables)
    if profile:
        profile.write(tables)
    told = {"rows": len(truth)} | sound.told(absent, partial)
    write_json(tables.with_suffix(".json"), values | bounds | baselines | told)
    message = f"{len(truth)} examples"
    for reason, metric in sound.reasons(absent, partial):
        say.say(f"{metric} on the {split} split: {reason}")
    if name in values:
        bound = f"{bounds[f'{name}.low']:.4f} to {bounds[f'{name}.high']:.4f}"
        message = f"{name} {values[name]:.4f} ({bound}) on {message}"
    known = {one: found[name] for one, found in others.items() if name in found}
    if known:
        best = (max if settings.text("monitor.better") == "higher" else min)(known, key=lambda one: known[one])
        message += f"; baseline {best} {known[best]:.4f}"
    say(1, 1, "splits", message)


def compare(
    frame: polars.DataFrame,
    truth: Any,
    answers: Arrays,
    settings: Params,
    whole: float | None,
    measured: Callable[[npt.NDArray[np.int64]], Mapping[str, float]],
    tables: Path,
) -> None:
    """Write slices.csv, what is measured on parts of the split, and groups.csv, of columns for auditing only."""
    metric, labels = settings.text("monitor.metric"), settings.texts("labels")
    if whole is not None:
        higher = settings.text("monitor.better") == "higher"
        cut = list(slices.parts(frame, contract.load(settings).raw))
        told = slices.scored(cut, whole, metric, measured, truth, higher=higher)
        spreadsheets.write(told, tables / "slices.csv")
    positive = settings.value("positive") if labels else None
    audited = fairness.table(frame, truth, answers, labels, positive if isinstance(positive, str) else None)
    if audited.height:
        spreadsheets.write(audited, tables / "groups.csv")


def beside(frame: polars.DataFrame, labels: tuple[str, ...]) -> Mapping[str, Mapping[str, float]]:
    """Score simple baselines, fitted on the training split: a model that they beat is none to ship."""
    return metrics.baselines(polars.read_parquet("build/data/train.parquet"), frame, labels)


def held_out(
    split: str, processor: inference.Processor, raw: inference.Raw, see: inference.See | None = None
) -> Arrays | None:
    """Return the answers that the task's `data.held_out` keeps of rows which the served graph learnt in the end."""
    known: Callable[[str], Arrays | None] | None = getattr(data, "held_out", None)
    kept = known(split) if known else None
    if kept is None:
        return None
    if see:
        see(range(len(next(iter(raw.values())))), raw, kept)
    return inference.settled(processor, kept, raw)


def prepared(measured: Measured, *about: object) -> Measured:
    """Return what measures a sample of the rows: what is given, or what the task's `metrics.sampled` makes of all rows.

    That does once what is the same for every sample, such as matching boxes.
    """
    sampled: Callable[..., Measured] | None = getattr(metrics, "sampled", None)
    return measured if sampled is None else sampled(*about)


def reasons() -> Mapping[str, str]:
    """Return when metrics are not defined, by their names, where the task's `metrics.UNDEFINED` tells."""
    known: Mapping[str, str] = getattr(metrics, "UNDEFINED", {})
    return known


def partly(truth: Any) -> Mapping[str, str]:
    """Return of which metrics rows are left out, and how many, where the task's `metrics.partly` tells."""
    found: Callable[[Any], Mapping[str, str]] | None = getattr(metrics, "partly", None)
    return found(truth) if found else {}


def pick(answers: Arrays, rows: npt.NDArray[np.int64]) -> Arrays:
    """Pick rows of all outputs."""
    return {name: array[rows] for name, array in answers.items()}


def bounded(values: Mapping[str, float], low: Mapping[str, float], high: Mapping[str, float]) -> dict[str, float]:
    """Return `<metric>.low` and `<metric>.high` of each metric; the value itself where no draw defines it.

    >>> bounded({"mae": 2.0}, {"mae": 1.5}, {})
    {'mae.low': 1.5, 'mae.high': 2.0}
    """
    bounds = {f"{name}.low": low.get(name, value) for name, value in values.items()}
    return bounds | {f"{name}.high": high.get(name, value) for name, value in values.items()}


def intervals(
    groups: Sequence[object], measure: Callable[[npt.NDArray[np.int64]], Mapping[str, float]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the lower and upper bounds of each metric when the examples are drawn again, with replacement.

    Examples of one group (the sentences of a document) are drawn together: they are not independent. A draw in which
    a metric is not defined (F1 of a class that is not in it) gives none.
    """
    chance = np.random.default_rng(SEED)
    members: dict[object, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    rows = [np.array(one, dtype=np.int64) for one in members.values()]
    count = len(rows)
    drawn = (chance.integers(0, count, count) for _ in range(RESAMPLES))
    if count < len(groups):
        drawn = (np.concatenate([rows[index] for index in one]) for one in drawn)
    draws = [measure(one) for one in drawn]
    tail = (100 - COVERAGE) / 2
    names = dict.fromkeys(name for draw in draws for name in draw)
    found = {name: [draw[name] for draw in draws if not math.isnan(draw.get(name, math.nan))] for name in names}
    columns = {name: np.array(values) for name, values in found.items() if values}
    low = {name: float(np.percentile(values, tail)) for name, values in columns.items()}
    high = {name: float(np.percentile(values, 100 - tail)) for name, values in columns.items()}
    return low, high


if __name__ == "__main__":
    main()
