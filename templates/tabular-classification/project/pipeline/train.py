"""Train the classifier: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Writes build/model (weights.safetensors, model.json, columns.json), build/training.json and build/plots/train.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor, nn

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.reporting.classification_metrics import log_loss
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
from pipeline.task import calibration, data, metrics, model, threshold
from pipeline.task.calibration import Calibration
from pipeline.task.processing import Processor
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

AT_ONCE = 512
"""Rows in one run: trees that are products need much memory a row."""


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how, labels = recipe.key(settings), recipe.settings(settings), settings.texts("labels")
    truths = [data.truth(frame, labels) for frame in frames]
    processor, train = learnt(frames[0], truths[0], settings, say)
    held = encode(processor, data.raw(frames[1]), truths[1])
    say.say(f"{len(train)} rows of {len(processor.columns)} columns, {len(labels)} classes")
    log = recipe.tracker(settings, key, out)
    splits, judge = (train, held), judged(truths[1], labels, how)
    known = ways(processor, splits, judge, settings, where)
    fitted: Learnt
    if settings.text("model.train.strategy") == "ensemble":
        fits = {name: way.fit for name, way in known.items()}
        fitted, history = train_ensemble.fit(
            processor.features, fits, surprise(truths[1]), splits, judge, how, say, classes=True
        )
    else:
        fitted, history = known[settings.text("model.train.strategy")].fit(how, say)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    honest, told = calibrated(fitted.cpu(), held, truths, how, settings, say)
    decided = threshold.choose(settings, truths[1], told, calibration.even(honest, how.metric))
    if decided.told:
        say.say(decided.told)
    again = refit.wanted(len(train) + len(held))
    if again:
        processor, rows = learnt(polars.concat(frames), np.concatenate(truths), settings, say)
        fitted = refit.refit(known, fitted, history, processor.features, rows, len(train), how, say)
    if decided.value is not None:
        processor = Processor(processor.columns, labels, (decided.place, decided.value), processor.tables)

    def save(folder: Path) -> None:
        model.save(fitted, processor, folder)
        calibration.save(honest, folder)
        if again:
            held_out.save({"probabilities": told.astype(np.float32)}, folder)

    recipe.write(out, save, history, how, key)


def learnt(
    frame: polars.DataFrame, truth: npt.NDArray[np.int64], settings: Params, say: Progress
) -> tuple[Processor, Rows]:
    """Learn from rows how columns are read; give that, and the rows."""
    labels = settings.texts("labels")
    texts = text_learning.learn(input_columns.fit(frame, settings), frame, truth, settings, say)
    processor = Processor(texts.columns, labels, tables=texts.tables)
    weight = weights(settings, truth, len(labels))
    return processor, texts.honest(encode(processor, data.raw(frame), truth, weight))


def ways(
    processor: Processor, splits: tuple[Rows, Rows], judge: Judge, settings: Params, where: torch.device
) -> dict[str, Way]:
    """Return how each kind of model is trained."""
    columns, classes = processor.features, len(processor.labels)
    loss = smoothed(settings.number("model.train.label_smoothing"))
    shape = train_ensemble.shape(settings)

    # of two classes the trees give the log-odds of the second
    outputs = [1] if classes == 2 else list(range(classes))
    aims = [Aim(loss="binary" if classes == 2 else "multiclass", outputs=outputs)]

    def trees(how: Settings, say: Progress) -> tuple[Single, History]:
        return boosting.grow(columns, aims, classes, splits, judge, settings, how, say)

    def trees_again(columns: Sequence[Column], rows: Rows, rounds: int, how: Settings, say: Progress) -> Single:
        return boosting.again(columns, aims, classes, rows, rounds, settings, how, say)

    def linear(how: Settings, say: Progress) -> tuple[Single, History]:
        return train_linear.fit(columns, classes, train_linear.logistic(classes), splits, judge, how, say)

    def linear_again(columns: Sequence[Column], rows: Rows, penalty: int, how: Settings, say: Progress) -> Single:
        return train_linear.again(columns, classes, train_linear.logistic(classes), rows, penalty)

    def network(how: Settings, say: Progress) -> tuple[Single, History]:
        return train_network.descend(columns, classes, loss, splits, judge, shape, how, where, say)

    def network_again(columns: Sequence[Column], rows: Rows, epochs: int, how: Settings, say: Progress) -> Single:
        return train_network.again(columns, classes, loss, rows, epochs, shape, how, where, say)

    return {
        boosting.NAME: Way(fit=trees, again=trees_again),
        train_linear.NAME: Way(fit=linear, again=linear_again),
        train_network.NAME: Way(fit=network, again=network_again),
    }


def surprise(truth: npt.NDArray[np.int64]) -> RowLosses:
    """Return what gives the logarithmic loss of each row."""
    return lambda probabilities: calibration.surprise(probabilities, truth)


def calibrated(
    fitted: Learnt, held: Rows, truths: Sequence[npt.NDArray[np.int64]], how: Settings, settings: Params, say: Progress
) -> tuple[Calibration, npt.NDArray[np.float64]]:
    """Learn the calibration on the validation split, and tell when the model knows less than the classes' shares.

    Returns the calibrated probabilities of these rows too.
    """
    with torch.inference_mode():
        pieces = zip(torch.split(held.values, AT_ONCE), torch.split(held.codes, AT_ONCE), strict=True)
        found = torch.cat([model.Served(fitted)(values, codes) for values, codes in pieces]).double()
    free = how.metric in calibration.SHIFTED or found.shape[1] == 2 or settings.value("model.threshold") != "likeliest"
    counts = np.bincount(truths[0], minlength=found.shape[1]) / len(truths[0])
    alone = log_loss(truths[1], np.tile(counts, (len(found), 1)))
    was = log_loss(truths[1], found.numpy())
    distorted = was >= alone or settings.text("model.train.class_weights") == "balanced"
    honest = calibration.fit(found.numpy(), truths[1], shifted=free, distorted=distorted)
    known: npt.NDArray[np.float64] = honest(found).numpy()
    now = log_loss(truths[1], known)
    say.say(f"calibrated: validation log loss {was:.4f} becomes {now:.4f}; the classes' shares alone have {alone:.4f}")
    if now >= alone:
        say.say(
            "WARNING: the model tells no more than the classes' shares do; see whether the columns can tell the answer"
        )
    return honest, known


def weights(settings: Params, truth: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64] | None:
    """Return each row's weight, rows / (classes x rows of its class), when classes are to count alike."""
    if settings.text("model.train.class_weights") != "balanced":
        return None
    counts = np.maximum(np.bincount(truth, minlength=classes), 1)
    weight: npt.NDArray[np.float64] = (len(truth) / (classes * counts))[truth]
    return weight


def smoothed(smoothing: float) -> RowLoss:
    """Return the cross-entropy of each row, averaged over members."""

    def loss(outputs: Tensor, truth: Tensor) -> Tensor:
        members = outputs.shape[1]
        flat = nn.functional.cross_entropy(
            outputs.flatten(0, 1), truth.repeat_interleave(members), reduction="none", label_smoothing=smoothing
        )
        return flat.reshape(-1, members).mean(dim=1)

    return loss


def judged(truth: npt.NDArray[np.int64], labels: tuple[str, ...], how: Settings) -> Judge:
    """Return a function that scores outputs: the monitored metric, and the logarithmic loss for ties."""

    def judge(outputs: npt.NDArray[np.float64]) -> tuple[float, float]:
        probabilities = torch.softmax(torch.from_numpy(outputs), dim=-1).mean(dim=1).numpy()
        loss = log_loss(truth, probabilities)
        if how.metric == "log_loss":  # the other metrics take longer than a round of trees
            return loss, loss
        return metrics.measure(truth, {"probabilities": probabilities}, labels).get(how.metric, float("nan")), loss

    return judge


if __name__ == "__main__":
    run("train", main)
