"""Train the regressor: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Three outputs are learnt: the number, and the quantiles between which it lies in nine rows of ten; the validation split
then says by how much that interval must be widened. Writes build/model (weights.safetensors, model.json, columns.json,
scale.json), build/training.json and build/plots/train.
"""

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
from pipeline.tables import input_columns, text_learning
from pipeline.tables.encoded_rows import Judge, RowLoss, Rows, encode
from pipeline.tabular_models import train_linear
from pipeline.tabular_models.boosting import Aim, grow
from pipeline.tabular_models.ensembling import train_ensemble
from pipeline.tabular_models.ensembling.ensemble import Single
from pipeline.tabular_models.ensembling.kept_network import Fitter
from pipeline.tabular_models.ensembling.weighing import RowLosses
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.tabular_models.train_network import descend
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
    texts = text_learning.learn(input_columns.fit(frames[0], settings), frames[0], scaled[0], settings, say)
    processor = Processor(texts.columns, (), tables=texts.tables)
    train, held = (encode(processor, data.raw(frame), truth) for frame, truth in zip(frames, scaled, strict=True))
    train = texts.honest(train)
    say.say(f"{len(train)} rows of {len(processor.columns)} columns, mean {scale.center:.4g}")
    log = recipe.tracker(settings, key, out)
    splits, judge = (train, held), judged(truths[1], scale, how)
    known = fitters(processor, splits, judge, settings, where, absolute=how.metric in ABSOLUTE)
    fitted: Learnt
    if settings.text("model.train.strategy") == "ensemble":
        off = errors(held.truth, absolute=how.metric in ABSOLUTE)
        fitted, history = train_ensemble.fit(processor.features, known, off, splits, judge, how, say, classes=False)
    else:
        fitted, history = known[settings.text("model.train.strategy")](how, say)
    margin = metrics.margin(truths[1], intervals(Served(fitted, scale), held))
    scale = Scale(center=scale.center, spread=scale.spread, margin=margin)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    recipe.write(out, lambda folder: model.save(fitted, scale, processor, folder), history, how, key)


def fitters(
    processor: Processor,
    splits: tuple[Rows, Rows],
    judge: Judge,
    settings: Params,
    where: torch.device,
    *,
    absolute: bool,
) -> dict[str, Fitter]:
    """Return what trains each kind of model."""
    columns, shape = processor.features, train_ensemble.shape(settings)

    def trees(how: Settings, say: Progress) -> tuple[Single, History]:
        aims = [
            Aim(loss="regression_l1" if absolute else "regression", outputs=[0]),
            Aim(loss="quantile", outputs=[1], quantile=LOW),
            Aim(loss="quantile", outputs=[2], quantile=HIGH),
        ]
        return grow(columns, aims, OUTPUTS, splits, judge, settings, how, say)

    def linear(how: Settings, say: Progress) -> tuple[Single, History]:
        return train_linear.fit(columns, OUTPUTS, train_linear.ridge(LOW, HIGH), splits, judge, how, say)

    def network(how: Settings, say: Progress) -> tuple[Single, History]:
        return descend(columns, OUTPUTS, losses(absolute=absolute), splits, judge, shape, how, where, say)

    return {"boosted-trees": trees, "linear": linear, "network": network}


def errors(truth: npt.NDArray[np.float64], *, absolute: bool) -> RowLosses:
    """Return what gives the error of each row's number, absolute or squared."""

    def found(answers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        off: npt.NDArray[np.float64] = np.abs(answers[:, 0] - truth)
        return off if absolute else off**2

    return found


def intervals(served: Served, held: Rows) -> npt.NDArray[np.float64]:
    """Return the interval of each row (rows x 2)."""
    with torch.inference_mode():
        pieces = zip(torch.split(held.values, AT_ONCE), torch.split(held.codes, AT_ONCE), strict=True)
        return torch.cat([served(values, codes)[1] for values, codes in pieces]).double().numpy()


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
