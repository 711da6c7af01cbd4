"""Train the regressor: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Three outputs are learnt: the number, and the quantiles between which it lies in nine rows of ten; the validation split
then says by how much that interval must be widened. Writes build/model (weights.safetensors, model.json, columns.json,
scale.json), build/training.json and build/plots/train.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.measuring import sound
from pipeline.tables import held_out, input_columns, text_learning
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Judge, RowLoss, Rows, encode
from pipeline.tabular_models import boosting, train_linear, train_network
from pipeline.tabular_models.boosting import Aim
from pipeline.tabular_models.ensembling import refit, train_ensemble
from pipeline.tabular_models.ensembling.ensemble import Single
from pipeline.tabular_models.ensembling.refit import Way
from pipeline.tabular_models.ensembling.weighing import RowLosses
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.task import data, metrics, model
from pipeline.task.model import HIGH, LOW, OUTPUTS, Scale, Served
from pipeline.task.processing import Processor
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

AT_ONCE = 512
"""Rows in one run: trees that are products need much memory a row."""
ABSOLUTE = ("mae", "medae", "mape", "smape")
"""Metrics of the size of errors: then the median is learnt, not the mean."""


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how = recipe.key(settings), recipe.settings(settings)
    truths = [data.truth(frame, ()) for frame in frames]
    scale = Scale(center=float(truths[0].mean()), spread=float(truths[0].std()) or 1.0)
    scaled = [(truth - scale.center) / scale.spread for truth in truths]
    processor, train = learnt(frames[0], scaled[0], settings, say)
    held = encode(processor, data.raw(frames[1]), scaled[1])
    say.say(f"{len(train)} rows of {len(processor.columns)} columns, mean {scale.center:.4g}")
    log = recipe.tracker(settings, key, out)
    splits, judge = (train, held), judged(truths[1], scale, how)
    known = ways(processor, splits, judge, settings, where, absolute=how.metric in ABSOLUTE)
    fitted: Learnt
    if settings.text("model.train.strategy") == "ensemble":
        off = errors(held.truth, absolute=how.metric in ABSOLUTE)
        fits = {name: way.fit for name, way in known.items()}
        fitted, history = train_ensemble.fit(processor.features, fits, off, splits, judge, how, say, classes=False)
    else:
        fitted, history = known[settings.text("model.train.strategy")].fit(how, say)
    margin = metrics.margin(truths[1], answers(Served(fitted, scale), held)["interval"].astype(np.float64))
    scale = Scale(center=scale.center, spread=scale.spread, margin=margin)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    again, told = refit.wanted(len(train) + len(held)), answers(Served(fitted, scale), held)
    if again:
        processor, rows = learnt(polars.concat(frames), np.concatenate(scaled), settings, say)
        fitted = refit.refit(known, fitted, history, processor.features, rows, len(train), how, say)

    def save(folder: Path) -> None:
        model.save(fitted, scale, processor, folder)
        if again:
            held_out.save(told, folder)

    recipe.write(out, save, history, how, key)


def learnt(
    frame: polars.DataFrame, truth: npt.NDArray[np.float64], settings: Params, say: Progress
) -> tuple[Processor, Rows]:
    """Learn from rows, with scaled numbers, how columns are read; give that, and the rows."""
    texts = text_learning.learn(input_columns.fit(frame, settings), frame, truth, settings, say)
    processor = Processor(texts.columns, (), tables=texts.tables)
    return processor, texts.honest(encode(processor, data.raw(frame), truth))


def ways(
    processor: Processor,
    splits: tuple[Rows, Rows],
    judge: Judge,
    settings: Params,
    where: torch.device,
    *,
    absolute: bool,
) -> dict[str, Way]:
    """Return how each kind of model is trained."""
    columns, shape, loss = processor.features, train_ensemble.shape(settings), losses(absolute=absolute)
    aims = [
        Aim(loss="regression_l1" if absolute else "regression", outputs=[0]),
        Aim(loss="quantile", outputs=[1], quantile=LOW),
        Aim(loss="quantile", outputs=[2], quantile=HIGH),
    ]

    def trees(how: Settings, say: Progress) -> tuple[Single, History]:
        return boosting.grow(columns, aims, OUTPUTS, splits, judge, settings, how, say)

    def trees_again(columns: Sequence[Column], rows: Rows, rounds: int, how: Settings, say: Progress) -> Single:
        return boosting.again(columns, aims, OUTPUTS, rows, rounds, settings, how, say)

    def linear(how: Settings, say: Progress) -> tuple[Single, History]:
        return train_linear.fit(columns, OUTPUTS, train_linear.ridge(LOW, HIGH), splits, judge, how, say)

    def linear_again(columns: Sequence[Column], rows: Rows, penalty: int, how: Settings, say: Progress) -> Single:
        return train_linear.again(columns, OUTPUTS, train_linear.ridge(LOW, HIGH), rows, penalty)

    def network(how: Settings, say: Progress) -> tuple[Single, History]:
        return train_network.descend(columns, OUTPUTS, loss, splits, judge, shape, how, where, say)

    def network_again(columns: Sequence[Column], rows: Rows, epochs: int, how: Settings, say: Progress) -> Single:
        return train_network.again(columns, OUTPUTS, loss, rows, epochs, shape, how, where, say)

    return {
        boosting.NAME: Way(fit=trees, again=trees_again),
        train_linear.NAME: Way(fit=linear, again=linear_again),
        train_network.NAME: Way(fit=network, again=network_again),
    }


def errors(truth: npt.NDArray[np.float64], *, absolute: bool) -> RowLosses:
    """Return what gives the error of each row's number, absolute or squared."""

    def found(answers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        off: npt.NDArray[np.float64] = np.abs(answers[:, 0] - truth)
        return off if absolute else off**2

    return found


def answers(served: Served, held: Rows) -> dict[str, npt.NDArray[np.float32]]:
    """Return the number (rows) and the interval (rows x 2) of each row."""
    with torch.inference_mode():
        pieces = zip(torch.split(held.values, AT_ONCE), torch.split(held.codes, AT_ONCE), strict=True)
        found = zip(*(served(values, codes) for values, codes in pieces), strict=True)
        return {name: torch.cat(one).numpy() for name, one in zip(("value", "interval"), found, strict=True)}


def losses(*, absolute: bool) -> RowLoss:
    """Return the loss of each row, of the number and of both quantiles (Koenker, Bassett 1978): the members' mean."""

    def loss(outputs: Tensor, truth: Tensor) -> Tensor:
        off = truth.float().unsqueeze(1).unsqueeze(2) - outputs
        number = off[..., 0].abs() if absolute else off[..., 0] ** 2
        low = torch.maximum(LOW * off[..., 1], (LOW - 1) * off[..., 1])
        high = torch.maximum(HIGH * off[..., 2], (HIGH - 1) * off[..., 2])
        return (number + low + high).mean(dim=1)

    return loss


def judged(truth: npt.NDArray[np.float64], scale: Scale, how: Settings) -> Judge:
    """Return a function that scores outputs: the monitored metric, and the root mean squared error for ties.

    Raises Failure TS836 when no row defines the metric, before anything is trained.
    """
    perfect = metrics.measure(truth, {"value": truth, "interval": np.stack([truth, truth], axis=1)})
    sound.chosen(perfect, how.metric, metrics.UNDEFINED, "validation")

    def judge(outputs: npt.NDArray[np.float64]) -> tuple[float, float]:
        numbers = outputs.mean(axis=1) * scale.spread + scale.center
        found = metrics.measure(truth, {"value": numbers[:, 0], "interval": np.sort(numbers[:, 1:], axis=1)})
        return found[how.metric], found["rmse"]

    return judge


if __name__ == "__main__":
    run("train", main)
