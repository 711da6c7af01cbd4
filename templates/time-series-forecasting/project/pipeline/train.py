"""Train the forecaster: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

One model for all series and steps: trees learn three quantiles of what is left of the simple forecast, in units of the
change over a season. Each step of each window is a row. Writes build/model, build/training.json and build/plots/train.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars
import torch

from pipeline.base import device, params
from pipeline.base.failure import Failure, run
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.measuring import sound
from pipeline.reading.values.steps import moment
from pipeline.series import windows
from pipeline.series.grid import Series
from pipeline.tables.encoded_rows import Judge, Rows
from pipeline.tabular_models.boosting import Aim, grow
from pipeline.task import data, metrics, model
from pipeline.task.model import QUANTILES
from pipeline.task.processing import Processor
from pipeline.training import recipe
from pipeline.training.recipe import Settings

MOST_ROWS = 120_000
"""Steps of windows that are learnt from, at most."""
MOST_SERIES = 200
"""Series that have a code of their own, the first by name."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Windows as the trees see them, and how answers become numbers of the series again."""

    rows: Rows
    center: npt.NDArray[np.float64] = field(repr=False)
    spread: npt.NDArray[np.float64] = field(repr=False)
    known: npt.NDArray[np.bool_] = field(repr=False)
    """Which steps have a value; only these are rows to learn from."""


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    past, held = (polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation"))
    key, how = recipe.key(settings), recipe.settings(settings)
    processor = made(settings, past)
    learnt = windowed(past, processor)
    train, checked = seen(learnt, processor, every=False), seen(held, processor, every=True)
    say.say(f"{len(train.rows)} steps of {learnt.height} windows of {past.height} series")
    log = recipe.tracker(settings, key, out)
    aims = [Aim(loss="quantile", outputs=[at], quantile=share) for at, share in enumerate(QUANTILES)]
    judge = judged(data.truth(held, ()), checked, how)
    splits = (train.rows, checked.rows)
    forest, history = grow(model.columns(processor), aims, len(QUANTILES), splits, judge, settings, how, say)
    with torch.inference_mode():
        found = forest(checked.rows.values, checked.rows.codes)[:, 0, :].double().numpy()
    there = checked.known.ravel()
    margin = metrics.margin(checked.rows.truth[there], np.sort(found, axis=1)[there])
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    recipe.write(out, lambda folder: model.save(forest, margin, processor, folder), history, how, key)


def made(settings: Params, past: polars.DataFrame) -> Processor:
    """Return the processor for what was decided, and the series that there are."""
    return Processor(
        horizon=settings.integer("data.horizon"),
        context=settings.integer("data.context"),
        season=settings.integer("data.season"),
        frequency=settings.text("data.frequency"),
        series=tuple(sorted(set(past["series"].to_list()))[:MOST_SERIES]),
    )


def windowed(past: polars.DataFrame, processor: Processor) -> polars.DataFrame:
    """Cut windows from the past of each series. Raises Failure TS829 where none is long enough."""
    found = [
        Series(name=name, first=0, values=np.asarray(history, np.float64), last=moment(time))
        for name, time, history in past.select("series", "time", "history").iter_rows()
    ]
    most = max(1, MOST_ROWS // processor.horizon)
    cut = windows.trained(found, processor.horizon, processor.season, processor.steps, most)
    rows = windows.frame(cut, processor.season)
    if rows.is_empty():
        message = f"no series has {processor.horizon} steps and a history before them to learn from"
        raise Failure("TS829", message, hint="lower `data.horizon`, or add older rows")
    return rows


def seen(rows: polars.DataFrame, processor: Processor, *, every: bool) -> Seen:
    """Encode windows; each step is a row, those without a value too where `every` step is asked for."""
    tensors = processor.encode(data.raw(rows))
    features, center = torch.from_numpy(tensors["features"]), tensors["center"].astype(np.float64)
    spread = tensors["spread"].astype(np.float64)
    values = np.array(rows["value"].to_list(), np.float64).reshape(center.shape)
    known = np.isfinite(values)
    target = ((np.where(known, values, center) - center) / spread).ravel()
    flat = features.reshape(-1, features.shape[2])
    kept = np.ones(len(flat), np.bool_) if every else known.ravel()
    chosen = flat[torch.from_numpy(kept)]
    learnt = Rows(values=chosen, codes=model.codes(chosen), truth=target[kept])
    return Seen(rows=learnt, center=center, spread=spread, known=known)


def judged(truth: data.Truth, held: Seen, how: Settings) -> Judge:
    """Return a function that scores outputs: the monitored metric, and the quantile loss for ties.

    Where all true values are 0 ties go by the mean absolute error. Raises Failure TS836 when no window defines the
    metric, before anything is trained.
    """
    perfect = metrics.measure(truth, {"quantiles": np.repeat(truth["value"][:, :, None], len(QUANTILES), axis=2)})
    sound.chosen(perfect, how.metric, metrics.UNDEFINED, "validation")
    tie = "mae" if math.isnan(perfect["wql"]) else "wql"

    def judge(outputs: npt.NDArray[np.float64]) -> tuple[float, float]:
        quantiles = np.sort(outputs.mean(axis=1), axis=1).reshape(*held.center.shape, len(QUANTILES))
        said = quantiles * held.spread[:, :, None] + held.center[:, :, None]
        found = metrics.measure(truth, {"quantiles": said})
        return found[how.metric], found[tie]

    return judge


if __name__ == "__main__":
    run("train", main)
