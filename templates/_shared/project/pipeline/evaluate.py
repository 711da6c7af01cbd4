"""Score the served graph: `python -m pipeline.evaluate --split validation`, and once `--split test`.

Runs build/artifact with ONNX Runtime. Writes build/evaluation/<split>.json (each metric with the bounds of its 95%
interval, and those of simple baselines), tables in build/evaluation/<split>/ with profile.json, which tells what inputs
and answers look like, and pictures in build/plots/<split>/.
"""

import argparse
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars

from pipeline.base import contract, digests, params
from pipeline.base.failure import run
from pipeline.base.files import fresh, write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.evaluating import fairness, slices
from pipeline.evaluating.resampling import bounded, intervals, pick, prepared
from pipeline.graph import inference
from pipeline.graph.inference import Arrays
from pipeline.measuring import sound
from pipeline.reporting import spreadsheets
from pipeline.task import data, figures, metrics, processing
from pipeline.watching.profiling import Profiling


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

    drawn = prepared(metrics, measured, truth, answers, labels)
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


def reasons() -> Mapping[str, str]:
    """Return when metrics are not defined, by their names, where the task's `metrics.UNDEFINED` tells."""
    known: Mapping[str, str] = getattr(metrics, "UNDEFINED", {})
    return known


def partly(truth: Any) -> Mapping[str, str]:
    """Return of which metrics rows are left out, and how many, where the task's `metrics.partly` tells."""
    found: Callable[[Any], Mapping[str, str]] | None = getattr(metrics, "partly", None)
    return found(truth) if found else {}


if __name__ == "__main__":
    main()
